package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// pageFiles are the chat page, as it is: there is no build step, and it loads
// nothing from elsewhere.
//
//go:embed page
var pageFiles embed.FS

// pagePolicy lets the page run its own scripts and styles and talk to its own
// server, and nothing else: markup that came in with a message would be shown
// as text, and could load or run nothing if it were not.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// routePage adds GET / and the files that it loads, under /page/.
func routePage(mux *http.ServeMux) {
	files, err := fs.ReadDir(pageFiles, "page")
	if err != nil {
		panic("server: page: " + err.Error()) // it is in the binary
	}
	for _, f := range files {
		at := "/page/" + f.Name()
		if f.Name() == "index.html" {
			at = "/{$}"
		}
		serve := pageFile(f.Name())
		mux.Handle(at, methods{"GET": serve, "HEAD": serve})
	}
}

// pageFile serves one file; a browser that has it asks whether it is still the
// same.
func pageFile(name string) http.HandlerFunc {
	content, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic("server: page: " + err.Error()) // it is in the binary
	}
	sum := sha256.Sum256(content)
	tag := fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", pageTypes[path.Ext(name)])
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}
