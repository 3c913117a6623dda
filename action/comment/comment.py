"""Puts a review of connlint into a pull request of GitHub.

The review comes from a job that read untrusted code: it is data, checked field by field, and only texts of it are sent.
Comments are known again by the identity in their first line. New findings get a comment, known ones are updated where
they are, and those of findings that are gone are marked as fixed. One further comment has the summary.

Only the standard library is needed, and nothing but the API is talked to.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request

MAX_BODY = 65_536
MAX_COMMENTS = 30
MAX_FILE = 4 << 20
MAX_PAGES = 30
SUMMARY = "<!-- connlint -->"
MARKER = re.compile(r"^<!-- connlint: ([0-9a-f]{16}(?:-[0-9]+)?) -->$")
FIXED = re.compile(r"^<!-- connlint fixed: ([0-9a-f]{16}(?:-[0-9]+)?) -->$")


class Api:
    """The API of one repository, as one user."""

    def __init__(self):
        root = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        self.base = f"{root}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self.token = os.environ["GITHUB_TOKEN"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(f"{self.base}{path}", method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, data, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text else None

    def all(self, path):
        """All entries of a list, page by page."""
        entries = []
        for page in range(1, MAX_PAGES + 1):
            found = self.call("GET", f"{path}?per_page=100&page={page}")
            entries.extend(found)
            if len(found) < 100:
                break
        return entries


def is_text(value, most=MAX_BODY):
    return isinstance(value, str) and 0 < len(value) <= most


def read_review(path):
    """The comments by identity and the summary of a review, or an error if it is none."""
    with open(path, "rb") as file:
        text = file.read(MAX_FILE + 1)
    if len(text) > MAX_FILE:
        raise ValueError("the review is too large")
    review = json.loads(text)
    comments = {}
    for comment in review["comments"][:MAX_COMMENTS]:
        where, line, body = comment["path"], comment["line"], comment["body"]
        if not (is_text(where, 4096) and is_text(body) and isinstance(line, int) and line > 0):
            raise ValueError("a comment of the review is malformed")
        marker = MARKER.match(body.split("\n", 1)[0])
        if marker is None:
            raise ValueError("a comment of the review has no identity")
        comments[marker.group(1)] = {"path": where, "line": line, "side": "RIGHT", "body": body}
    if not is_text(review["body"]) or not review["body"].startswith(SUMMARY):
        raise ValueError("the review has no summary")
    return comments, review["body"]


def known_comments(entries, bot):
    """The bot's own review comments by identity."""
    known = {}
    for entry in entries:
        first = (entry.get("body") or "").split("\n", 1)[0]
        marker = MARKER.match(first) or FIXED.match(first)
        if marker and entry["user"]["login"] == bot:
            known[marker.group(1)] = entry
    return known


def fixed_body(identity, body):
    """The comment of a finding that is gone: what it said is folded."""
    head = f"<!-- connlint fixed: {identity} -->\n**fixed**: the newest commit does not have this finding any more.\n\n"
    rest = body.split("\n", 1)[1] if "\n" in body else ""
    folded = f"<details><summary>what it was</summary>\n\n{rest}\n\n</details>"
    return head + folded if len(head) + len(folded) <= MAX_BODY else head


def update(api, number, comments, known):
    """Updates the bot's comments; returns how many of each kind, and the comments that are new."""
    counts = {"updated": 0, "fixed": 0, "new": 0}
    for identity, comment in comments.items():
        entry = known.get(identity)
        if entry is not None and entry["body"] != comment["body"]:
            api.call("PATCH", f"/pulls/comments/{entry['id']}", {"body": comment["body"]})
            counts["updated"] += 1
    for identity, entry in known.items():
        if identity not in comments and MARKER.match(entry["body"].split("\n", 1)[0]):
            api.call("PATCH", f"/pulls/comments/{entry['id']}", {"body": fixed_body(identity, entry["body"])})
            counts["fixed"] += 1
    new = [comment for identity, comment in comments.items() if identity not in known]
    counts["new"] = len(new)
    return counts, new


def add(api, number, head, new):
    """Adds new comments as one review; if GitHub refuses it because of one of them, one by one."""
    review = {"commit_id": head, "event": "COMMENT", "body": "connlint: new findings", "comments": new}
    try:
        api.call("POST", f"/pulls/{number}/reviews", review)
        return
    except urllib.error.HTTPError as error:
        if error.code != 422:
            raise
    for comment in new:
        try:
            api.call("POST", f"/pulls/{number}/comments", {"commit_id": head, **comment})
        except urllib.error.HTTPError as error:
            print(f"::notice::connlint: GitHub refused the comment at {comment['path']}:{comment['line']} ({error.code})")


def summarise(api, number, bot, summary, has_findings):
    """Writes the summary into the bot's one comment; a pull request without findings gets none."""
    entries = api.all(f"/issues/{number}/comments")
    own = [e for e in entries if (e.get("body") or "").startswith(SUMMARY) and e["user"]["login"] == bot]
    if own:
        if own[0]["body"] != summary:
            api.call("PATCH", f"/issues/comments/{own[0]['id']}", {"body": summary})
    elif has_findings:
        api.call("POST", f"/issues/{number}/comments", {"body": summary})


def main():
    number, head, bot = int(os.environ["PULL_REQUEST"]), os.environ["HEAD_SHA"], os.environ["CONNLINT_BOT"]
    if not re.fullmatch(r"[0-9a-f]{40,64}", head):
        raise ValueError("the head of the pull request is no commit")
    comments, summary = read_review(os.environ["CONNLINT_REVIEW"])
    api = Api()
    known = known_comments(api.all(f"/pulls/{number}/comments"), bot)
    counts, new = update(api, number, comments, known)
    if new:
        add(api, number, head, new)
    summarise(api, number, bot, summary, bool(comments) or "<!-- connlint: " in summary)
    print("connlint: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, KeyError, TypeError, OSError) as error:
        sys.exit(f"connlint: the review could not be sent: {error}")
