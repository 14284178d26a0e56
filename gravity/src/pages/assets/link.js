// Pages that links in mails lead to. What a link stands for is behind its `#`, which no browser sends to a server,
// so that it is used up by whoever presses the button and not by a program that looks at links.
const form = document.querySelector("form[data-to]");
const answer = document.getElementById("answer");
let token = new URLSearchParams(location.hash.slice(1)).get("token");
let to = form.dataset.to;
// Neither the history nor a screenshot keeps it.
history.replaceState(null, "", location.pathname);

const say = (text, isGood) => {
  answer.textContent = text;
  answer.className = `answer ${isGood ? "good" : "bad"}`;
};

const reasons = (problem) =>
  (problem.errors ?? []).map((error) => error.detail).join(" ") || problem.detail || problem.title;

if (!token) {
  form.hidden = true;
  say("This link is not whole. Open the one from the mail again.", false);
}

// A sign-in that waits for a second factor goes on with a token of its own.
const askForSecond = (waiting) => {
  token = waiting.token;
  to = "/api/v1/auth/login/second-factor";
  const second = document.getElementById("second");
  second.hidden = second.disabled = false;
  second.querySelector("input").focus();
  say("", true);
};

const input = () => {
  const { code, remember, ...fields } = Object.fromEntries(new FormData(form));
  if (form.dataset.cookies) fields.cookies = true;
  if (remember) fields.remember = true;
  const typed = code?.replaceAll(/\s/g, "");
  if (typed) fields[/^\d{6}$/.test(typed) ? "code" : "recovery_code"] = typed;
  return { ...fields, token };
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(to, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input()),
    });
    if (response.status === 202 && document.getElementById("second")) {
      askForSecond(await response.json());
    } else if (response.ok) {
      form.hidden = true;
      say(form.dataset.done, true);
    } else {
      say(reasons(await response.json()), false);
    }
  } catch {
    say("The server does not answer. Try again in a moment.", false);
  }
  button.disabled = false;
});
