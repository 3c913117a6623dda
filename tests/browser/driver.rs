//! Chromium without a window, driven through its pipe: the DevTools protocol.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const LONGEST_ANSWER: Duration = Duration::from_secs(120);
const WIDTH: u32 = 1080;
const HEIGHT: u32 = 680;

/// A browser with one tab; it ends when this is dropped.
pub struct Browser {
    child: Child,
    to: File,
    from: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let binary = env::var("CHROMIUM").expect("CHROMIUM is not set: tests/browser/run.sh runs these tests");
        let profile = tempfile::tempdir().expect("there is room for a profile");
        let pipe = |name: &str| profile.path().join(name);
        for name in ["to", "from"] {
            assert!(Command::new("mkfifo").arg(pipe(name)).status().expect("mkfifo runs").success());
        }
        // Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
                      --disable-background-networking --remote-debugging-pipe --user-data-dir=\"$3\" about:blank \
                      3<\"$1\" 4>\"$2\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", script, &binary]).args([pipe("to"), pipe("from"), pipe("data")]);
        let child = shell.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell starts");
        let to = File::options().write(true).open(pipe("to")).expect("the browser reads");
        let from = messages(File::open(pipe("from")).expect("the browser writes"));
        let mut browser = Self { child, to, from, sent: 0, session: None, events: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let screen = json!({ "width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", screen);
        browser
    }

    /// Opens a file, and waits until it is there with all of its scripts run.
    pub fn open(&mut self, page: &Path) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        let begun = Instant::now();
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.receive(begun);
            self.events.push(event);
        }
    }

    /// The value of an expression, of its promise if it is one.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the first element of a selector.
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks with the mouse in the middle of the first element of a selector that contains a text.
    pub fn click(&mut self, selector: &str, text: &str) {
        let find = format!(
            "(() => {{
                const all = [...document.querySelectorAll({selector:?})];
                const found = all.find((element) => element.textContent.includes({text:?}));
                found.scrollIntoView({{ block: 'center', inline: 'center' }});
                const box = found.getClientRects()[0];
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        );
        let at = self.value(&find);
        for (kind, buttons) in [("mousePressed", 1), ("mouseReleased", 0)] {
            let event = json!({
                "type": kind, "x": at[0], "y": at[1], "button": "left", "buttons": buttons, "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event);
        }
        self.settle();
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => Some("\r"),
            _ if key.chars().count() == 1 => Some(key),
            _ => None,
        };
        let mut down = json!({ "type": "keyDown", "key": key });
        if let Some(text) = text {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
        self.settle();
    }

    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
        self.settle();
    }

    /// Replaces the content of a field.
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.value(&format!("(() => {{ const e = document.querySelector({selector:?}); e.focus(); e.select(); }})()"));
        self.type_text(text);
    }

    /// Shows the page as it would be printed.
    pub fn print_preview(&mut self) {
        self.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        self.value("window.dispatchEvent(new Event('beforeprint'))");
    }

    /// What is on the screen, as PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        from_base64(answer["data"].as_str().expect("there is a picture"))
    }

    /// The last parts of all addresses that were asked for since the page was opened.
    pub fn requests(&mut self) -> Vec<String> {
        self.settle();
        let sent = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let url = |event: &Value| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned();
        sent.map(url).map(|url| url.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    /// Exceptions since the page was opened.
    pub fn errors(&self) -> Vec<&Value> {
        self.events.iter().filter(|event| event["method"] == "Runtime.exceptionThrown").collect()
    }

    /// Lets events that are on their way happen.
    fn settle(&mut self) {
        self.value("new Promise((done) => setTimeout(done, 100))");
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser reads");
        let begun = Instant::now();
        loop {
            let answer = self.receive(begun);
            if answer["id"] == self.sent {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn receive(&self, begun: Instant) -> Value {
        let left = LONGEST_ANSWER.saturating_sub(begun.elapsed());
        self.from.recv_timeout(left).expect("the browser answers")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Messages of the browser, each of which ends with a zero.
fn messages(from: File) -> Receiver<Value> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for message in BufReader::new(from).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message).expect("the browser writes JSON");
            if send.send(message).is_err() {
                return;
            }
        }
    });
    receive
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.trim_end_matches('=').bytes().map(digit).collect();
    let group = |group: &[u32]| {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
