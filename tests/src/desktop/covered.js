// Which controls something else lies over, in words. Runs inside the page.
const dialog = document.querySelector('dialog[open]');
const covered = [];
for (const control of document.querySelectorAll('button, input, select, summary, a[href]')) {
  if (!control.checkVisibility({ visibilityProperty: true }) || control.closest('.unseen')) continue;
  if (dialog && !dialog.contains(control)) continue;
  control.scrollIntoView({ block: 'center', inline: 'center' });
  const { left, top, width, height } = control.getBoundingClientRect();
  if (width <= 1 || height <= 1) continue;
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  const own = hit && (control.contains(hit) || hit.contains(control));
  if (!own) covered.push(`${control.outerHTML.slice(0, 120)} is under ${hit?.outerHTML.slice(0, 120) ?? 'the edge'}`);
}
return covered;
