// Shows where this server is, and whether it is ready.
for (const place of document.querySelectorAll(".here")) {
  place.textContent = location.origin;
}

const state = document.getElementById("state");
const show = (text, isGood) => {
  state.textContent = text;
  state.className = `state ${isGood ? "good" : "bad"}`;
};
fetch("/ready").then(
  (answer) => show(answer.ok ? "ready" : "not ready", answer.ok),
  () => show("does not answer", false),
);
