"""Gateways as they are: one that takes SMS over HTTP and can be told to fail, be slow or refuse, and one that takes mail."""
import email
import email.policy
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

from base import free_port


class Gateway:
    """`behave(request, nth)` gives the HTTP status of the nth request (from 1) for that notice; default 200."""

    def __init__(self, behave=None):
        self.requests, self.lock, gateway = [], threading.Lock(), self
        self.behave = behave or (lambda request, nth: 200)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                request = {"id": self.headers["Notice-Id"], "authorization": self.headers["Authorization"], "path": self.path,
                           "body": json.loads(body), "at": time.time()}
                with gateway.lock:
                    gateway.requests.append(request)
                    nth = sum(r["id"] == request["id"] for r in gateway.requests)
                status = gateway.behave(request, nth)
                said = b'{"said": "' + str(status).encode() + b'"}'
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):   # a client that was killed, or gave up waiting
                if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def to(self, address):
        with self.lock:
            return [r for r in self.requests if r["body"]["to"] == address]

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    """A mail server: what it took, read; addresses in `unknown` are refused for good (550)."""

    def __init__(self, unknown=()):
        self.mails, mailbox = [], self

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address in unknown:
                    return "550 no such user here"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                mailbox.mails.append((envelope.mail_from, envelope.rcpt_tos[:],
                                      email.message_from_bytes(envelope.content, policy=email.policy.default)))
                return "250 taken"

        self.port = free_port()
        self.controller = Controller(Handler(), hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def end(self):
        self.controller.stop()
