"""A chat with a thread for each client, which waits for the next message and writes nothing meanwhile: nothing tells it
that its client has left.

usage: python3 idle.py; it ends with its standard input
"""
import json
import queue
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sessions = {}


class Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path == "/events":
            self.chat(int(urllib.parse.parse_qs(url.query).get("events", ["0"])[0]))
            return
        body = json.dumps({"active": len(sessions), "sessions": list(sessions)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chat(self, events):
        """Writes so many words; without any it waits for messages that never come."""
        key, messages = str(uuid.uuid4()), queue.Queue()
        sessions[key] = messages
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("X-Session-Id", key)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: hello\n\n")
            for _ in range(events):
                time.sleep(0.1)
                self.wfile.write(b"data: word\n\n")
            while events == 0:
                self.wfile.write(b"data: %s\n\n" % messages.get())
        except OSError:
            pass  # the client has left
        finally:
            del sessions[key]

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Chat)
print("http://127.0.0.1:%d" % server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
