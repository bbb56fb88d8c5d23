package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxRequestBytes   = 16 << 20
	readHeaderTimeout = 10 * time.Second
	shutdownTimeout   = 2 * time.Second
)

// capabilities are the optional parts of the suite that apply. Not among them: event-type-listeners, which is for
// clients that are told the types of their events beforehand.
var capabilities = []string{
	"bom", "comments", "headers", "last-event-id", "post", "read-timeout", "report", "restart",
	"server-directed-shutdown-request",
}

// service is the test service, and the owner of its streams' goroutines.
type service struct {
	ctx       context.Context // that of all streams
	stop      context.CancelFunc
	callbacks *http.Client
	log       *slog.Logger

	mu      sync.Mutex
	streams map[string]*stream
	last    int // the number of the newest stream
	running sync.WaitGroup
}

// Serve serves the protocol on ln until ctx is done or the suite asks for the end (DELETE of the root). When it returns
// all streams have ended and ln is closed. Neither way of ending is an error; only what breaks the listener is. A stream
// whose callbacks are not taken ends, which is logged.
func Serve(ctx context.Context, ln net.Listener, log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	defer transport.CloseIdleConnections()
	s := &service{ctx: ctx, stop: stop, callbacks: &http.Client{Transport: transport}, log: log, streams: map[string]*stream{}}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: readHeaderTimeout}
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = server.Serve(ln)
	}()
	select {
	case <-ended:
		stop()
		_ = shutdown(server) // the listener's error is the one that matters
	case <-ctx.Done():
		closing := shutdown(server)
		<-ended
		err = closing // and not that the server was closed
	}
	s.running.Wait()
	return err
}

// shutdown lets answers that are being written end, the one to the DELETE of the root above all.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// handler refuses what a web page elsewhere has a browser ask: it would make the service a way into this machine.
func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.status)
	mux.HandleFunc("POST /{$}", s.create)
	mux.HandleFunc("DELETE /{$}", s.end)
	mux.HandleFunc("POST /streams/{id}", s.command)
	mux.HandleFunc("DELETE /streams/{id}", s.remove)
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *service) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"name": "sse-tool", "capabilities": capabilities}) // who asked may have gone
}

func (s *service) create(w http.ResponseWriter, r *http.Request) {
	var p params
	if !decode(w, r, &p) {
		return
	}
	st, err := newStream(p, s.callbacks, s.log)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := s.start(st)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Location", fmt.Sprintf("http://%s/streams/%s", r.Host, id))
	w.WriteHeader(http.StatusCreated)
}

// start lists the stream and lets it run.
func (s *service) start(st *stream) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil { // nobody would wait for it
		return "", errors.New("the service is ending")
	}
	ctx, cancel := context.WithCancel(s.ctx)
	st.cancel = cancel
	s.last++
	id = strconv.Itoa(s.last)
	s.streams[id] = st
	s.running.Go(func() { st.run(ctx) })
	return id, nil
}

func (s *service) end(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
	s.stop()
}

func (s *service) command(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	st := s.streams[r.PathValue("id")]
	s.mu.Unlock()
	if st == nil {
		http.NotFound(w, r)
		return
	}
	var c struct {
		Command string `json:"command"`
	}
	if !decode(w, r, &c) {
		return
	}
	switch c.Command {
	case "restart":
		st.restart()
	case "listen": // it is told all types as it is
	default:
		http.Error(w, fmt.Sprintf("command: %q is none", c.Command), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// remove answers when the stream has ended: no callback comes after that.
func (s *service) remove(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	st := s.streams[id]
	delete(s.streams, id)
	s.mu.Unlock()
	if st == nil {
		http.NotFound(w, r)
		return
	}
	st.cancel()
	<-st.done
	w.WriteHeader(http.StatusNoContent)
}

// decode reads a request's JSON, and answers one that has none.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBytes)).Decode(into); err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}
