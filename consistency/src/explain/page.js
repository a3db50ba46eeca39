'use strict';
// The timeline is drawn and everything is told already. This adds what a reader does with it: select and go on.
addEventListener('error', (event) => { document.documentElement.dataset.error = event.message; });

const $ = (id) => document.getElementById(id);
const why = [...$('panel').childNodes];
const operations = [...document.querySelectorAll('.op')].sort((a, b) => a.dataset.op - b.dataset.op);
let selected = null;

function scrollTo(operation) {
  const chart = $('chart');
  const box = operation.querySelector('.bar').getBoundingClientRect();
  const view = chart.getBoundingClientRect();
  const left = view.left + $('names').getBoundingClientRect().width;
  if (box.left < left || box.right > view.right) chart.scrollLeft += box.left - (left + view.right) / 2 + Math.min(box.width, 200) / 2;
  if (box.top < view.top || box.bottom > view.bottom) chart.scrollTop += box.top - (view.top + view.bottom) / 2;
}

function select(operation) {
  if (selected) selected.classList.remove('selected');
  selected = operation;
  $('back').hidden = !operation;
  if (!operation) {
    $('panel').replaceChildren(...why);
    history.replaceState(null, '', '#');
    return;
  }
  operation.classList.add('selected');
  $('panel').replaceChildren($(`about-${operation.dataset.op}`).content.cloneNode(true));
  $('panel').scrollTop = 0;
  history.replaceState(null, '', `#operation=${operation.dataset.op}`);
  scrollTo(operation);
}

for (const operation of operations) {
  operation.addEventListener('click', () => select(operation));
}
$('back').addEventListener('click', () => select(null));
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const at = operations.indexOf(selected);
  if (event.key === 'Escape') select(null);
  else if (event.key === 'j' || event.key === 'ArrowRight') select(operations[Math.min(at + 1, operations.length - 1)]);
  else if (event.key === 'k' || event.key === 'ArrowLeft') select(operations[at < 0 ? operations.length - 1 : Math.max(at - 1, 0)]);
  else if (event.key === 'v') select(document.querySelector('.op.culprit'));
  else if (event.key === 'Enter' && document.activeElement.classList.contains('op')) select(document.activeElement);
  else return;
  event.preventDefault();
});

const asked = /^#operation=(\d+)$/.exec(location.hash);
if (asked && operations[asked[1]]) select(operations[asked[1]]);
else scrollTo(document.querySelector('.op.culprit'));
