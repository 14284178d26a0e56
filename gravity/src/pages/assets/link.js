// Pages that links in mails lead to. What a link stands for is behind its `#`, which no browser sends to a server,
// so that it is used up by whoever presses the button and not by a program that looks at links.
const form = document.querySelector("form[data-to]");
const answer = document.getElementById("answer");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
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

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const fields = Object.fromEntries(new FormData(form));
  try {
    const response = await fetch(form.dataset.to, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...fields, token, ...(form.dataset.cookies ? { cookies: true } : {}) }),
    });
    if (response.ok) {
      form.hidden = true;
      say(form.dataset.done, true);
      return;
    }
    say(reasons(await response.json()), false);
  } catch {
    say("The server does not answer. Try again in a moment.", false);
  }
  button.disabled = false;
});
