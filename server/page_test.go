package server

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The page's files are all served, with the headers that keep it from harm.
func TestPage(t *testing.T) {
	r := start(t, quick())
	resp, body := r.do(t, "GET", "/")
	equal(t, "status", resp.StatusCode, 200)
	paths := []string{"/"}
	for _, m := range regexp.MustCompile(`(?:src|href)="(page/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		paths = append(paths, "/"+m[1])
	}
	if len(paths) < 5 {
		t.Fatalf("the page loads %v", paths)
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := r.do(t, method, path)
			equal(t, path, resp.StatusCode, 200)
			equal(t, "body", body != "", method == "GET")
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff",
				"Referrer-Policy":        "no-referrer",
				"Cache-Control":          "no-cache",
			} {
				equal(t, path+" "+name, resp.Header.Get(name), want)
			}
			policy := resp.Header.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
				t.Error(path, policy)
			}
		}
	}
	for path, status := range map[string]int{"/page/": 404, "/page/index.html": 404, "/page/../server.go": 404, "/index.html": 404} {
		resp, _ := r.do(t, "GET", path)
		equal(t, path, resp.StatusCode, status)
	}
	resp, _ = r.do(t, "POST", "/")
	equal(t, "POST", resp.StatusCode, 405)
}

// Nothing comes from elsewhere, and nothing is written as markup.
func TestPageSources(t *testing.T) {
	forbidden := regexp.MustCompile(`https?://|\b(innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b|\sstyle="|\son[a-z]+="|<style|<script>`)
	err := fs.WalkDir(pageFiles, "page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := pageFiles.ReadFile(path)
		plain := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", "")
		if found := forbidden.FindString(plain); found != "" {
			t.Errorf("%s has %s", path, found)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPageIsNotSentTwice(t *testing.T) {
	r := start(t, quick())
	resp, _ := r.do(t, "GET", "/")
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+r.addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	again, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	equal(t, "status", again.StatusCode, 304)
}
