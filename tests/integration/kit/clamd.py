"""A stand-in for clamd that speaks its protocol's INSTREAM (clamd(8)): a finding for what has the EICAR test string in it."""
import os
import socketserver
import struct
import threading

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Session(socketserver.BaseRequestHandler):
    def whole(self, count):
        got = b""
        while len(got) < count:
            piece = self.request.recv(count - len(got))
            if not piece:
                raise ConnectionError("the client went away amid its question")
            got += piece
        return got

    def handle(self):
        try:
            self.serve(self.server.scanner)
        except ConnectionError:
            pass

    def serve(self, scanner):
        command = self.whole(1)
        while not command.endswith(b"\0"):
            command += self.whole(1)
        if command != b"zINSTREAM\0":
            self.request.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!I", self.whole(4))[0]:
            if len(content) + length > scanner.most:
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
            content += self.whole(length)
        scanner.scanned.append(content)
        scanner.may_answer.wait(60)
        if scanner.silent:
            return
        self.request.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


class Clamd:
    """where: "tcp", or the path of a Unix socket. `silent`: it reads and closes; `most`: StreamMaxLength;
    `may_answer`: an event that it waits for when cleared."""

    def __init__(self, where="tcp", most=25 << 20):
        self.scanned, self.silent, self.most = [], False, most
        self.may_answer = threading.Event()
        self.may_answer.set()
        family = socketserver.ThreadingTCPServer if where == "tcp" else socketserver.ThreadingUnixStreamServer
        self.server = family(("127.0.0.1", 0) if where == "tcp" else where, Session)
        self.server.daemon_threads, self.server.scanner = True, self
        self.address = f"tcp:127.0.0.1:{self.server.server_address[1]}" if where == "tcp" else f"unix:{where}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        if self.address.startswith("unix:"):
            os.unlink(self.address[5:])
