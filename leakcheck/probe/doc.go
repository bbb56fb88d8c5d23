// Package probe has the places where a server's sessions are counted or listed.
//
// [Parse] makes a probe of a specification as it stands on the command line;
// [Detect] finds a server in our own form. Every probe bounds the time it takes
// and the size of the answer it reads, and its errors say in one line what the
// place answered instead, with a hint (a Hint method) where there is a way out.
package probe
