/**
 * What runs in the browser: it puts parts that the server has rendered where they belong, and sends forms without leaving
 * the page. Without it the page is complete all the same, and forms lead back to it.
 */
export const PAGE_SCRIPT = `
'use strict';
const connection = document.getElementById('connection');
const result = document.getElementById('result');
const pause = document.getElementById('pause');
let newest;
let heardAt = Date.now();
let isPaused = false;

function show(parts) {
  for (const [name, markup] of Object.entries(parts)) {
    const element = document.querySelector('[data-part="' + name + '"]');
    // What is read out must change only when it says something new.
    if (element && element.dataset.shown !== markup) {
      element.innerHTML = markup;
      element.dataset.shown = markup;
    }
  }
}

const events = new EventSource('events');
events.onmessage = (message) => {
  heardAt = Date.now();
  newest = JSON.parse(message.data);
  if (!isPaused) show(newest);
};

pause.hidden = false;
pause.addEventListener('click', () => {
  isPaused = !isPaused;
  pause.setAttribute('aria-pressed', String(isPaused));
  if (!isPaused && newest) show(newest);
});

setInterval(() => {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const isStale = seconds > 5;
  document.body.classList.toggle('stale', isStale);
  const words = isStale ? 'disconnected: last seen ' + (seconds < 60 ? seconds + ' s' : Math.round(seconds / 60) + ' min') + ' ago' : 'live';
  if (connection.textContent !== words) connection.textContent = words;
}, 1000);

for (const form of document.forms) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const request = { method: 'POST', body, headers: { accept: 'text/plain' } };
    const say = (words) => { result.textContent = words; };
    await fetch(form.getAttribute('action'), request).then((response) => response.text()).then(say, () => say('The local run no longer answers.'));
  });
}
`;
