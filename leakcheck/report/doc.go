// Package report writes a [leakcheck.Report] in the formats that people and
// programs read. One model, many writers: a writer decides nothing.
package report
