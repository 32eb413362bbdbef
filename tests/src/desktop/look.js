// What is wrong with how the page looks at this moment, in words. Runs inside the page.
const complaints = [];
const told = (element) => {
  const name = element.dataset?.testid ?? element.getAttribute('aria-label') ?? element.className;
  return `<${element.tagName.toLowerCase()} ${name}> "${element.textContent.trim().slice(0, 40)}"`;
};
const unseen = (element) => element.closest('.unseen, [aria-hidden="true"], option') !== null;
const scrolls = (element) => {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return true;
  }
  return false;
};

const whole = 'html, main, dialog[open], dialog[open] > .body';
for (const element of document.querySelectorAll(whole)) {
  // A dialog that hides what is beside it is no such case: its body scrolls.
  if (element.localName === 'dialog' && getComputedStyle(element).overflowX === 'hidden') continue;
  if (element.scrollWidth > element.clientWidth) complaints.push(`${told(element)} scrolls sideways`);
}
// Of what is in them, tables may; a field does by itself.
const tables = 'table, [role="grid"]';
for (const element of document.querySelectorAll('body *')) {
  if (element.matches(`${whole}, input, textarea, select`) || unseen(element)) continue;
  if (element.scrollWidth <= element.clientWidth + 1 || !element.checkVisibility()) continue;
  if (!/auto|scroll/.test(getComputedStyle(element).overflowX)) continue;
  if (element.closest(tables) || element.querySelector(tables)) continue;
  complaints.push(`${told(element)} scrolls sideways`);
}

// Colours as numbers, mixed over what lies behind them.
const parse = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
  return { rgb: [r, g, b], a };
};
const over = (top, under) => top.rgb.map((part, i) => part * top.a + under[i] * (1 - top.a));
const ground = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    layers.push(parse(getComputedStyle(at).backgroundColor));
    if (layers.at(-1).a === 1) break;
  }
  return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
};
const light = (rgb) => {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};

// Whether something has been scrolled out of a box to the side: it can be scrolled back in.
const isAside = (element, box) => {
  for (let at = element.parentElement; at && at !== document.querySelector('main'); at = at.parentElement) {
    const frame = at.getBoundingClientRect();
    if (/auto|scroll/.test(getComputedStyle(at).overflowX) && (box.right > frame.right || box.left < frame.left)) {
      return at.scrollWidth > at.clientWidth;
    }
  }
  return false;
};

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode;
  const element = text.parentElement;
  if (text.data.trim() === '' || unseen(element) || !element.checkVisibility({ visibilityProperty: true })) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  const box = range.getBoundingClientRect();
  if (box.width === 0) continue;

  // Text that is cut off must be readable in some other way.
  let cut = null;
  for (let at = element; at !== document.body && !cut; at = at.parentElement) {
    const frame = at.getBoundingClientRect();
    const clips = getComputedStyle(at).overflowX === 'hidden';
    if (clips && (box.right > frame.right + 1 || box.left < frame.left - 1)) cut = at;
  }
  if (cut && !element.closest('[title]')) complaints.push(`${told(cut)} is cut off and has no title`);

  // Text that is not cut off must stay inside of the window and its card.
  if (!cut && !isAside(element, box)) {
    const card = element.closest('.card, .banner, header, button, dialog, .notice');
    const frame = card?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
    if (box.left < Math.max(0, frame.left) - 1 || box.right > Math.min(innerWidth, frame.right) + 1) {
      complaints.push(`${told(element)} leaves its frame`);
    }
    if (!scrolls(element) && box.bottom > innerHeight + 1) complaints.push(`${told(element)} is below the window`);
  }

  const style = getComputedStyle(element);
  if (!element.closest(':disabled')) {
    const behind = ground(element);
    const ratio = contrast(over(parse(style.color), behind), behind);
    if (ratio < 4.5) complaints.push(`${told(element)} has a contrast of ${ratio.toFixed(2)}`);
  }
}
return [...new Set(complaints)];
