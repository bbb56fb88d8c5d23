package talk

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sse-tool/sse-tool/client"
)

const fenced = "Look:\n\n```md\n## User\n\n\\## User\n```\n\n## Assistant  \n\n---\n"

func sample() client.Conversation {
	warm := 0.5
	return client.Conversation{
		Model: "a \"model\": 1", System: "Be brief.\n## System", Session: "s1", MaxTokens: 7, Temperature: &warm, Key: "s3cret",
		Messages: []client.Message{
			{Role: client.RoleUser, Text: "Hello <b>&\n\n"},
			{Role: client.RoleAssistant, Text: fenced},
			{Role: client.RoleUser, Text: ""},
			{Role: client.RoleAssistant, Text: "\n\n表 \U0001f642\r\nend"},
		},
	}
}

func TestFilesRoundTrip(t *testing.T) {
	for _, name := range []string{"talk.json", "talk.md", "talk.Markdown"} {
		path := filepath.Join(t.TempDir(), name)
		want := sample()
		for range 2 { // the second takes the place of the first
			if err := Save(path, want); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(text), "s3cret") {
			t.Errorf("%v, and the key in\n%s", err, text)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is there for others: %v, %v", name, info.Mode(), err)
		}
		got, err := Load(path)
		want.Key = ""
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %+v in\n%s", name, err, got, text)
		}
		if rest, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(rest) > 0 {
			t.Errorf("there is more: %q, %v", rest, err)
		}
	}
}

func TestReadMarkdownByHand(t *testing.T) {
	got, err := ReadMarkdown([]byte("---\r\nmodel: gpt-4o\r\ntags: [a]\r\n---\r\n## System\r\nBe brief.\r\n\r\n## User \r\n\r\nHello,\r\nyou.\r\n"))
	want := client.Conversation{
		Model: "gpt-4o", System: "Be brief.",
		Messages: []client.Message{{Role: client.RoleUser, Text: "Hello,\nyou."}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestUnreadableFiles(t *testing.T) {
	for _, tt := range []struct {
		format Format
		text   string
		says   string
	}{
		{JSON, `{`, "unexpected end"},
		{JSON, `{"messages": []}`, "no schema"},
		{JSON, `{"schema": 2}`, "schema 2"},
		{JSON, `{"schema": 1, "messages": [{"role": "tool", "content": ""}]}`, `role "tool"`},
		{Markdown, "---\nsse-tool-chat: 2\n---\n", "schema 2"},
		{Markdown, "---\nmodel: x\n", "no end"},
		{Markdown, "---\nmax_tokens: x\n---\n", "invalid character"},
		{Markdown, "hello\n## User\n", "before the first heading"},
		{Markdown, "## User\n\na\n\n## System\n\nb\n", "before the messages"},
		{"yaml", "", "unknown"},
	} {
		if _, err := tt.format.Read(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s %q: %v, want %q", tt.format, tt.text, err, tt.says)
		}
	}
	if _, err := Load("talk.txt"); !errors.As(err, new(*FormatError)) {
		t.Errorf("no format: %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.md")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := Save(filepath.Join(t.TempDir(), "none", "talk.md"), sample()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// Whatever a text is, it comes back.
func FuzzRoundTrip(f *testing.F) {
	f.Add("m", "system", "user", fenced, 1)
	f.Add("", "", "\\## User\n", "\n\n## User", 3)
	f.Add("a: b\n", "## System\r", "\r", "\x00\xff", 0)
	f.Fuzz(func(t *testing.T, model, system, user, assistant string, n int) {
		c := client.Conversation{Model: strings.ToValidUTF8(model, "?"), System: system}
		for i := range min(max(n, 0), 5) {
			c.Messages = append(c.Messages, client.Message{Role: client.RoleUser, Text: user[:len(user)*i/5]},
				client.Message{Role: client.RoleAssistant, Text: assistant[len(assistant)*i/5:]})
		}
		got, err := ReadMarkdown(WriteMarkdown(c))
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("Markdown: %v, %+v of %+v in\n%q", err, got, c, WriteMarkdown(c))
		}
		if !utf8.ValidString(system) || !utf8.ValidString(user) || !utf8.ValidString(assistant) {
			return
		}
		if c.Messages == nil {
			c.Messages = []client.Message{}
		}
		for i, m := range c.Messages { // cut anywhere
			c.Messages[i].Text = strings.ToValidUTF8(m.Text, "\uFFFD")
		}
		if got, err := ReadJSON(WriteJSON(c)); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("JSON: %v, %+v of %+v", err, got, c)
		}
	})
}

// Whatever a file holds, reading it ends, and what was read is written so that it reads the same.
func FuzzReadMarkdown(f *testing.F) {
	f.Add(string(WriteMarkdown(sample())))
	f.Add("---\nmodel: \"x\n---\n## User\n\\\\## User\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadMarkdown([]byte(text))
		if err != nil {
			return
		}
		if !utf8.ValidString(c.Model) || !utf8.ValidString(c.Session) {
			return
		}
		again, err := ReadMarkdown(WriteMarkdown(c))
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%v, %+v, then %+v", err, c, again)
		}
	})
}

// What a link leads to is written, and the link stays.
func TestSaveFollowsALink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "talk.md"), filepath.Join(dir, "link.md")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := Save(link, sample()); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || len(c.Messages) != len(sample().Messages) {
		t.Errorf("behind the link is %+v, %v", c, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
}

// A file that may be written is, in a folder that takes no other: its name is as
// long as a name may be, so that none can stand beside it.
func TestSaveInItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 252)+".md")
	if err := os.WriteFile(path, []byte(strings.Repeat("old\n", 1000)), 0o600); err != nil {
		t.Skip(err)
	}
	if err := Save(path, sample()); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || len(c.Messages) != len(sample().Messages) {
		t.Errorf("saved is %+v, %v", c, err)
	}
}
