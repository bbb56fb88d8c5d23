package client

import (
	"math"
	"time"
)

// parserCase is one stream and what it must give. The comment lines below name the paragraph that decides: HTML is the
// standard's section 9.2 "Server-sent events", Encoding the Encoding Standard. In parentheses stand the web platform's tests
// of it (web-platform-tests, eventsource/), which ask the same of a browser.
type parserCase struct {
	name    string
	stream  string
	want    []string
	lastID  string
	pending bool
}

const forever = time.Duration(math.MaxInt64)

var parserCases = []parserCase{
	// HTML 9.2.5, the ABNF: stream = [ bom ] *event. (event-data)
	{name: "empty stream"},
	{name: "one event", stream: "data: a\n\n", want: []string{message("a")}},
	{name: "two events", stream: "data: a\n\ndata: b\n\n", want: []string{message("a"), message("b")}},
	{name: "blank lines only", stream: "\n\n\r\r\n\n"},
	{name: "blank lines between", stream: "data: a\n\n\n\ndata: b\n\n", want: []string{message("a"), message("b")}},
	{name: "blank lines before", stream: "\n\ndata: a\n\n", want: []string{message("a")}},

	// HTML 9.2.5: end-of-line = ( cr lf / cr / lf ). (format-newlines)
	{name: "CR", stream: "data: a\r\rdata: b\r\r", want: []string{message("a"), message("b")}},
	{name: "CRLF", stream: "data: a\r\n\r\ndata: b\r\n\r\n", want: []string{message("a"), message("b")}},
	{name: "LF CR is two ends", stream: "data: a\n\rdata: b\n\r", want: []string{message("a"), message("b")}},
	{name: "LF CRLF", stream: "data: a\n\r\n", want: []string{message("a")}},
	{name: "CRLF LF", stream: "data: a\r\n\n", want: []string{message("a")}},
	{name: "CR CRLF", stream: "data: a\r\r\ndata: b\r\r\n", want: []string{message("a"), message("b")}},
	{name: "CRLF CR", stream: "data: a\r\n\rdata: b\r\n\r", want: []string{message("a"), message("b")}},
	{name: "CRLF is one end", stream: "data: a\r\ndata: b\r\n\r\n", want: []string{message("a\nb")}},
	{name: "mixed ends", stream: "data: a\rdata: b\ndata: c\r\n\r", want: []string{message("a\nb\nc")}},
	{name: "vertical tab, form feed, NEL, LS are no ends", stream: "data: a\vb\fc\u0085d\u2028e\n\n",
		want: []string{message("a\vb\fc\u0085d\u2028e")}},

	// HTML 9.2.5: the stream is decoded by UTF-8 decode, which strips one leading byte order mark. (format-bom,
	// format-bom-2)
	{name: "byte order mark", stream: "\uFEFFdata: a\n\n", want: []string{message("a")}},
	{name: "second mark makes an unknown field", stream: "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", want: []string{message("b")}},
	{name: "mark within", stream: "data: \uFEFFa\n\n\uFEFFdata: b\n\n", want: []string{message("\uFEFFa")}},
	{name: "mark alone", stream: "\uFEFF"},
	{name: "mark before a blank line", stream: "\uFEFF\n\ndata: a\n\n", want: []string{message("a")}},
	{name: "mark before a comment", stream: "\uFEFF:a\n", want: []string{comment("a")}},
	{name: "beginning of a mark", stream: "\xEF\xBBdata: a\n\ndata: b\n\n", want: []string{message("b")}},
	{name: "first byte of a mark", stream: "\xEF\ndata: a\n\n", want: []string{message("a")}},
	{name: "part of a mark alone", stream: "\xEF\xBB", pending: true},

	// HTML 9.2.6: "If the line is empty, dispatch the event." (format-data-before-final-empty-line)
	{name: "no blank line, no event", stream: "data: a\n", pending: true},
	{name: "no end of the line", stream: "data: a", pending: true},
	{name: "pending after an event", stream: "data: a\n\ndata: b\n", want: []string{message("a")}, pending: true},
	{name: "only white space is not blank", stream: "data: a\n \ndata: b\n\n", want: []string{message("a\nb")}},

	// HTML 9.2.6: "If the line starts with a U+003A COLON character, ignore the line." (format-comments)
	{name: "comment", stream: ": ping\n", want: []string{comment("ping")}},
	{name: "comment without space", stream: ":ping\n\n", want: []string{comment("ping")}},
	{name: "empty comment", stream: ":\n", want: []string{comment("")}},
	{name: "comment of two spaces", stream: ":  a\n", want: []string{comment(" a")}},
	{name: "comment within an event", stream: "data: a\n: b\ndata: c\n\n", want: []string{comment("b"), message("a\nc")}},
	{name: "comment like a field", stream: ":data: a\n\n", want: []string{comment("data: a")}},
	{name: "comments make no event after an id", stream: "id: 1\ndata: a\n\n:\n\n:\n\n",
		want: []string{event("", "a", "1"), comment(""), comment("")}, lastID: "1"},
	{name: "comment cut", stream: ": pi", pending: true},

	// HTML 9.2.6: field and value: the first colon; one space removed; no colon, the whole line.
	// (format-leading-space, format-field-parsing)
	{name: "no space", stream: "data:a\n\n", want: []string{message("a")}},
	{name: "two spaces", stream: "data:  a\n\n", want: []string{message(" a")}},
	{name: "tab is not removed", stream: "data:\ta\n\n", want: []string{message("\ta")}},
	{name: "space at the end stays", stream: "data: a \n\n", want: []string{message("a ")}},
	{name: "colons in the value", stream: "data: a: b:c\n\n", want: []string{message("a: b:c")}},
	{name: "value begins with a colon", stream: "data::a\n\n", want: []string{message(":a")}},
	{name: "space before the field", stream: " data: a\ndata: b\n\n", want: []string{message("b")}},
	{name: "space before the colon", stream: "data : a\ndata: b\n\n", want: []string{message("b")}},

	// HTML 9.2.6, field "data": append the value and a LF; dispatch strips the last LF. (format-field-data,
	// format-null-character)
	{name: "data of two lines", stream: "data: a\ndata: b\n\n", want: []string{message("a\nb")}},
	{name: "data of four lines", stream: "data: YHOO\ndata: +2\ndata\ndata: 10\n\n", want: []string{message("YHOO\n+2\n\n10")}},
	{name: "data without colon", stream: "data\n\n", want: []string{message("")}},
	{name: "empty data", stream: "data:\n\n", want: []string{message("")}},
	{name: "data of one space", stream: "data: \n\n", want: []string{message("")}},
	{name: "two empty data lines", stream: "data\ndata\n\n", want: []string{message("\n")}},
	{name: "empty last data line", stream: "data: a\ndata:\n\n", want: []string{message("a\n")}},
	{name: "NUL in data", stream: "data: a\x00b\n\n", want: []string{message("a\x00b")}},
	{name: "data is not carried over", stream: "data: a\n\ndata\n\ndata: b", want: []string{message("a"), message("")}, pending: true},

	// HTML 9.2.6, field "event": sets the event type buffer, which is reset with each dispatch. (format-field-event,
	// format-field-event-empty)
	{name: "name", stream: "event: add\ndata: a\n\n", want: []string{event("add", "a", "")}},
	{name: "name after the data", stream: "data: a\nevent: add\n\n", want: []string{event("add", "a", "")}},
	{name: "the last name counts", stream: "event: a\nevent: b\ndata: c\n\n", want: []string{event("b", "c", "")}},
	{name: "empty name is message", stream: "event: a\nevent:\ndata: c\n\n", want: []string{message("c")}},
	{name: "name reset after an event", stream: "event: a\ndata: b\n\ndata: c\n\n", want: []string{event("a", "b", ""), message("c")}},
	{name: "name reset without data", stream: "event: a\n\ndata: b\n\n", want: []string{message("b")}},
	{name: "name pending", stream: "event: a\n", pending: true},
	{name: "empty name holds nothing", stream: "event\n"},

	// HTML 9.2.6, field "id": ignored with NUL; sets the buffer, which persists; dispatch sets the last event ID string,
	// with data or without. (format-field-id, format-field-id-2, format-field-id-3, format-field-id-null)
	{name: "id", stream: "id: 1\ndata: a\n\n", want: []string{event("", "a", "1")}, lastID: "1"},
	{name: "id after the data", stream: "data: a\nid: 1\n\n", want: []string{event("", "a", "1")}, lastID: "1"},
	{name: "id persists", stream: "id: 1\ndata: a\n\ndata: b\n\n", want: []string{event("", "a", "1"), event("", "b", "1")}, lastID: "1"},
	{name: "id without data sticks", stream: "id: 1\n\ndata: a\n\n", want: []string{event("", "a", "1")}, lastID: "1"},
	{name: "id alone", stream: "id: 1\n\n", lastID: "1"},
	{name: "empty id resets", stream: "id: 1\ndata: a\n\nid\ndata: b\n\n", want: []string{event("", "a", "1"), message("b")}},
	{name: "empty id with colon resets", stream: "id: 1\n\nid:\n\ndata: b\n\n", want: []string{message("b")}},
	{name: "id with NUL is ignored", stream: "id: 1\n\nid: 2\x003\ndata: a\n\n", want: []string{event("", "a", "1")}, lastID: "1"},
	{name: "the last id counts", stream: "id: 1\nid: 2\ndata: a\n\n", want: []string{event("", "a", "2")}, lastID: "2"},
	{name: "id with NUL after an id", stream: "id: 1\nid: \x00\ndata: a\n\n", want: []string{event("", "a", "1")}, lastID: "1"},
	{name: "id of a pending event does not count", stream: "id: 1\ndata: a\n\nid: 2\ndata: b\n", want: []string{event("", "a", "1")},
		lastID: "1", pending: true},
	{name: "resetting id pending", stream: "id: 1\n\nid:\n", lastID: "1", pending: true},

	// HTML 9.2.6, field "retry": ASCII digits only; sets the reconnection time at once. (format-field-retry,
	// format-field-retry-bogus, format-field-retry-empty)
	{name: "retry", stream: "retry: 1500\n", want: []string{retry(1500 * time.Millisecond)}},
	{name: "retry within an event", stream: "data: a\nretry: 3\n\n", want: []string{retry(3 * time.Millisecond), message("a")}},
	{name: "retry zero", stream: "retry:0\n", want: []string{retry(0)}},
	{name: "retry with leading zeros", stream: "retry: 000000000000000000000000012\n", want: []string{retry(12 * time.Millisecond)}},
	{name: "retry not a number", stream: "retry: 1s\nretry: -1\nretry: +1\nretry: 1.5\nretry: 0x1\nretry: 1 \nretry:  1\n"},
	{name: "retry of other digits", stream: "retry: \u0663\n"},
	{name: "retry empty", stream: "retry\nretry:\nretry: \n"},
	{name: "retry largest", stream: "retry: 9223372036854\n", want: []string{retry(9223372036854 * time.Millisecond)}},
	{name: "retry too large", stream: "retry: 9223372036855\nretry: 99999999999999999999999999\n", want: []string{retry(forever), retry(forever)}},

	// HTML 9.2.6: "Otherwise: The field is ignored." Field names are compared exactly. (format-field-unknown)
	{name: "unknown field", stream: "foo: a\ndata: b\n\n", want: []string{message("b")}},
	{name: "names are case-sensitive", stream: "Data: a\nDATA: b\nEvent: c\nID: 1\nRETRY: 1\ndata: d\n\n", want: []string{message("d")}},
	{name: "longer and shorter names", stream: "dat: a\ndatas: a\nevents: a\nids: a\ni: a\nretry2: 1\ndata: b\n\n", want: []string{message("b")}},
	{name: "unknown field alone", stream: "foo\n\n"},
	{name: "JSON without a field", stream: "{\"data\": 1}\n\n"},

	// Encoding 8.1.1, the UTF-8 decoder: one U+FFFD for each maximal subpart. (format-utf-8)
	{name: "valid UTF-8", stream: "event: ж\nid: 名\ndata: é€😀\n\n", want: []string{event("ж", "é€😀", "名")}, lastID: "名"},
	{name: "cut sequence of three", stream: "data: \xE2\x82A\n\n", want: []string{message("\uFFFDA")}},
	{name: "cut sequence at the line's end", stream: "data: \xE2\x82\ndata: \xF0\x9F\x98\n\n", want: []string{message("\uFFFD\n\uFFFD")}},
	{name: "cut before a space", stream: "data:\xE2\x82 \n\n", want: []string{message("\uFFFD ")}},
	{name: "lone continuation bytes", stream: "data: \x80\xBF\n\n", want: []string{message("\uFFFD\uFFFD")}},
	{name: "overlong forms", stream: "data: \xC0\x80\xE0\x80\x80\xF0\x80\x80\x80\n\n",
		want: []string{message("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")}},
	{name: "surrogates", stream: "data: \xED\xA0\x80\n\n", want: []string{message("\uFFFD\uFFFD\uFFFD")}},
	{name: "past the last code point", stream: "data: \xF4\x90\x80\x80\xF5\n\n", want: []string{message("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")}},
	{name: "cut sequence before another", stream: "data: \xF0\x9F\xE2\x82\xAC\xC3\xC3\xA9\n\n", want: []string{message("\uFFFD€\uFFFDé")}},
	{name: "U+FFFD itself", stream: "data: \uFFFD\xFF\n\n", want: []string{message("\uFFFD\uFFFD")}},
	{name: "invalid in name, id and comment", stream: "event: \xFF\nid: \xFE\n:\xE2\x82\ndata\n\n",
		want: []string{comment("\uFFFD"), event("\uFFFD", "", "\uFFFD")}, lastID: "\uFFFD"},
	{name: "invalid field name", stream: "d\xFFata: a\n\xE2data: a\n\n"},
}
