#!/usr/bin/env python3
"""Drives rust-analyzer as an editor does, with connlint as its check.

    tests/editor/rust_analyzer.py PATH/TO/rust-analyzer PATH/TO/connlint

Nothing but Python and the two programs is needed. Fixtures are copied: nothing here is changed.
"""

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
INCIDENT = "incidents/2023-10-15-connection-per-request"
SECONDS = 120
KINDS = ["quickfix", "refactor", "source"]


class Editor:
    """A client of the language server protocol with one workspace open."""

    def __init__(self, server, root, check):
        self.root, self.diagnostics, self.status = root, {}, None
        self.answers, self.sent = queue.Queue(), 0
        self.server = subprocess.Popen(
            [server], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self.listen, daemon=True).start()
        self.request("initialize", {
            "processId": os.getpid(),
            "rootUri": root.as_uri(),
            "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
            "capabilities": {
                "textDocument": {
                    "publishDiagnostics": {"relatedInformation": True, "codeDescriptionSupport": True},
                    "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": KINDS}}},
                },
                "workspace": {"workspaceEdit": {"documentChanges": True}},
                "experimental": {"serverStatusNotification": True},
            },
            # The settings of docs/editors.md; what is off has to do with neither.
            "initializationOptions": {
                "check": {"overrideCommand": check},
                "cargo": {"buildScripts": {"enable": False}, "noDeps": True, "sysroot": None},
                "procMacro": {"enable": False},
                "cachePriming": {"enable": False},
                "diagnostics": {"enable": False},
            },
        })
        self.notify("initialized", {})
        self.wait("the workspace is loaded", lambda: self.status and self.status["quiescent"])

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def request(self, method, params):
        self.sent += 1
        self.send({"id": self.sent, "method": method, "params": params})
        answer = self.answers.get(timeout=SECONDS)
        assert answer["id"] == self.sent and "error" not in answer, answer
        return answer["result"]

    def listen(self):
        while header := self.server.stdout.readline():
            length = int(re.fullmatch(rb"Content-Length: (\d+)\r\n", header)[1])
            self.server.stdout.readline()
            message = json.loads(self.server.stdout.read(length))
            if "method" not in message:
                self.answers.put(message)
            elif "id" in message:
                self.send({"id": message["id"], "result": None})
            elif message["method"] == "textDocument/publishDiagnostics":
                params = message["params"]
                self.diagnostics[Path(params["uri"].removeprefix("file://"))] = params["diagnostics"]
            elif message["method"] == "experimental/serverStatus":
                self.status = message["params"]

    def wait(self, what, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, f"not reached: {what}; {self.status}; {self.diagnostics}"
            time.sleep(0.05)

    def open(self, file):
        text = (self.root / file).read_text()
        document = {"uri": self.uri(file), "languageId": "rust", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def save(self, file, text=None):
        if text is not None:
            (self.root / file).write_text(text)
            document = {"uri": self.uri(file), "version": int(time.monotonic() * 1000)}
            self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        self.notify("textDocument/didSave", {"textDocument": {"uri": self.uri(file)}})

    def uri(self, file):
        return (self.root / file).as_uri()

    def shown(self, file, source=None):
        found = self.diagnostics.get(self.root / file, [])
        return [one for one in found if source in (None, one.get("source"))]

    def everywhere(self):
        return [one for found in self.diagnostics.values() for one in found]

    def quick_fixes(self, file, diagnostic):
        document, context = {"uri": self.uri(file)}, {"diagnostics": [diagnostic], "only": ["quickfix"]}
        params = {"textDocument": document, "range": diagnostic["range"], "context": context}
        return self.request("textDocument/codeAction", params)

    def close(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.server.wait(timeout=SECONDS)


def applied(text, edits):
    """The text with edits of the protocol: positions count UTF-16 units, which are characters in the fixtures."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]
    offset = lambda position: starts[position["line"]] + position["character"]
    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text


def edits_of(action):
    """The edits of an action by the address of their file."""
    changes = action["edit"].get("documentChanges") or [
        {"textDocument": {"uri": uri}, "edits": edits} for uri, edits in action["edit"]["changes"].items()
    ]
    return {change["textDocument"]["uri"]: change["edits"] for change in changes}


def call_chain_is_related_information(start):
    editor, file = start(INCIDENT), "crates/db/src/lib.rs"
    editor.open(file)
    editor.save(file)
    editor.wait("the finding", lambda: editor.shown(file, "connlint"))
    (finding,) = [one for one in editor.shown(file, "connlint") if one["severity"] == 1]
    assert finding["code"] == "connection-per-request", finding
    assert finding["range"] == {"start": {"line": 19, "character": 4}, "end": {"line": 19, "character": 38}}, finding
    related = [
        (one["location"]["uri"].rsplit("/crates/")[-1], one["message"]) for one in finding["relatedInformation"]
    ]
    chain = [
        ("server/src/routes.rs", "1. handler of `GET /users`"),
        ("server/src/routes.rs", "2. calls `repo::all`"),
        ("repo/src/lib.rs", "3. calls `db::open`"),
    ]
    assert [one for one in related if one in chain] == chain, related
    hints = editor.shown("crates/server/src/routes.rs", "connlint")
    assert [one["severity"] for one in hints] == [4, 4], hints
    assert "server refuses new connections" in finding["message"], finding
    suppressed = (editor.root / file).read_text().replace(
        "    PgConnection::connect(", "    // connlint: allow(connection-per-request) here\n    PgConnection::connect("
    )
    editor.save(file, suppressed)
    editor.wait("nothing is left", lambda: not editor.everywhere())
    editor.close()


def fix_is_a_quick_fix_and_clears_its_finding(start):
    editor, file = start("driver-not-spawned/fires-never-polled"), "src/main.rs"
    text = (editor.root / file).read_text()
    editor.open(file)
    editor.save(file)
    editor.wait("the finding", lambda: editor.shown(file, "connlint"))
    while found := [one for one in editor.shown(file, "connlint") if one["severity"] < 4]:
        actions = editor.quick_fixes(file, found[0])
        action = next(one for one in actions if one["title"].startswith("run the driver in a task of its own"))
        assert action["kind"] == "quickfix" and action["isPreferred"], action
        ((uri, edits),) = edits_of(action).items()
        assert uri == editor.uri(file), uri
        text, count = applied(text, edits), len(found)
        editor.save(file, text)
        left = lambda: [one for one in editor.shown(file, "connlint") if one["severity"] < 4]
        editor.wait("the finding is cleared", lambda: len(left()) < count)
    editor.wait("nothing is left", lambda: not editor.everywhere())
    fixed = (REPOSITORY / "fixtures/driver-not-spawned/quiet-fixed-never-polled" / file).read_text()
    assert text == without_marks(fixed), text
    editor.close()


def fix_changes_all_its_files(start):
    editor, file, caller = start(INCIDENT), "crates/db/src/lib.rs", "crates/repo/src/lib.rs"
    editor.open(file)
    editor.open(caller)
    editor.save(file)
    editor.wait("the finding", lambda: editor.shown(file, "connlint"))
    (finding,) = [one for one in editor.shown(file, "connlint") if one["severity"] == 1]
    (action,) = [one for one in editor.quick_fixes(file, finding) if "`POOL`" in one["title"]]
    edits = edits_of(action)
    assert set(edits) == {editor.uri(file), editor.uri(caller)}, edits
    for changed in [caller, file]:
        editor.save(changed, applied((editor.root / changed).read_text(), edits[editor.uri(changed)]))
    editor.wait("nothing is left", lambda: not editor.everywhere())
    editor.close()


def compiler_is_forwarded(start):
    source = "// connlint: allow x\nfn main() {\n    let unused = 1;\n}\n"
    manifest = '[package]\nname = "a"\nedition = "2024"\n'
    editor = start({"Cargo.toml": manifest, "src/main.rs": source}, "--with-check=clippy", "--all-targets")
    file = "src/main.rs"
    editor.open(file)
    editor.save(file)
    editor.wait("both sources", lambda: {one["source"] for one in editor.shown(file)} == {"rustc", "connlint"})
    assert {one["code"] for one in editor.shown(file)} == {"unused_variables", "bad-suppression"}, editor.shown(file)
    editor.save(file, "fn main() {\n    missing();\n}\n")
    editor.wait("the error", lambda: [one["code"] for one in editor.shown(file)] == ["E0425"])
    editor.save(file, "fn main() {}\n")
    editor.wait("nothing is left", lambda: not editor.everywhere())
    editor.close()


def without_marks(text):
    lines = [line for line in text.splitlines() if not line.strip().startswith("//~")]
    return "".join(re.sub(r" *//~.*", "", line) + "\n" for line in lines)


def main():
    # Links stay: rustup's proxies go by the name that they are called by.
    server, connlint = (Path(path).absolute() for path in sys.argv[1:3])
    version = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    scenarios = [
        call_chain_is_related_information,
        fix_is_a_quick_fix_and_clears_its_finding,
        fix_changes_all_its_files,
        compiler_is_forwarded,
    ]
    for scenario in scenarios:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve() / "project"

            def start(files, *options):
                if isinstance(files, str):
                    shutil.copytree(REPOSITORY / "fixtures" / files, root)
                    for source in root.rglob("*.rs"):
                        source.write_text(without_marks(source.read_text()))
                else:
                    for name, text in files.items():
                        (root / name).parent.mkdir(parents=True, exist_ok=True)
                        (root / name).write_text(text)
                check = [str(connlint), "check", "--message-format=json", *options]
                return Editor(str(server), root, check)

            scenario(start)
            print(f"{scenario.__name__}: ok")
    print(f"{len(scenarios)} passed, 0 failed ({version})")


if __name__ == "__main__":
    main()
