package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestKeyIsNotShown(t *testing.T) {
	const secret = "sk-secret"
	c := Conversation{Key: secret}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "key", c.Key)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c, "key", c.Key)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{log.String(), string(asJSON), c.Key.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		seen = append(seen, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, c.Key))
	}
	for _, d := range Dialects() {
		c.Messages = []Message{{RoleUser, "hi"}}
		r, err := d.Request("https://user:"+secret+"@example.com/x?key="+secret, c)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprint(r), fmt.Sprint(*r), fmt.Sprintf("%#v %+v", *r, r))
		for _, base := range []string{"https://user:" + secret + "@exa mple/", "ftp://" + secret, secret, "https://user:" + secret + "@", "https://h:" + secret + "@h:x/"} {
			_, err := d.Request(base, c)
			if err == nil {
				t.Errorf("%s: no error for %s", d.Name(), base)
			}
			seen = append(seen, fmt.Sprint(err))
		}
	}
	for _, s := range seen {
		if strings.Contains(s, secret) || strings.Contains(s, fmt.Sprintf("%x", secret)) {
			t.Errorf("the key shows: %s", s)
		}
	}
	if !strings.Contains(log.String(), "key=[key]") {
		t.Errorf("nothing tells that there is a key: %s", log.String())
	}
}

func TestKeyHide(t *testing.T) {
	if got := Key("sk-1").Hide("wrong key sk-1: sk-1"); got != "wrong key [key]: [key]" {
		t.Error(got)
	}
	if got := Key("").Hide("no key"); got != "no key" || Key("").String() != "" {
		t.Error(got)
	}
}
