// Lines over time as an SVG, panel below panel; no more than a bench needs.
const [width, panelHeight, left, right, top, gap] = [900, 200, 80, 150, 50, 50];
const colors = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#8c564b'];

/** `panels`: {title, lines: [{name, points: [[x, y]]}]}; all share the x axis, which begins at 0, as do the y axes. */
export function plot(title, xTitle, panels) {
  const xMost = Math.max(...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x))), 1e-9);
  const height = top + panels.length * (panelHeight + gap) + 10;
  const body = panels.map((panel, index) => panelOf(panel, top + index * (panelHeight + gap), xMost));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${left}" y="22" font-size="16">${escaped(title)}</text>
${body.join('\n')}
<text x="${left + plotWidth / 2}" y="${height - 4}" text-anchor="middle">${escaped(xTitle)}</text>
</svg>
`;
}

const plotWidth = width - left - right;

function panelOf({ title, lines }, y, xMost) {
  const yMost = roundUp(Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 1e-9));
  const place = ([x, value]) =>
    `${(left + (x / xMost) * plotWidth).toFixed(1)},${(y + panelHeight - (value / yMost) * panelHeight).toFixed(1)}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const [down, across] = [y + panelHeight * (1 - share), left + plotWidth * share];
    return `<line x1="${left}" x2="${left + plotWidth}" y1="${down}" y2="${down}" stroke="#ddd"/>
<text x="${left - 6}" y="${down + 4}" text-anchor="end">${label(yMost * share)}</text>
<text x="${across}" y="${y + panelHeight + 16}" text-anchor="middle">${label(xMost * share)}</text>`;
  });
  const drawn = lines.map(({ name, points }, index) => {
    const color = colors[index % colors.length];
    return `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>
<text x="${left + plotWidth + 10}" y="${y + 14 + index * 16}" fill="${color}">${escaped(name)}</text>`;
  });
  return `<text x="${left}" y="${y - 8}">${escaped(title)}</text>\n${grid.join('\n')}\n${drawn.join('\n')}`;
}

/** The next of 1, 2, 4, 5, 8 times a power of ten. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].find((step) => step * power >= value) * power;
}

function label(value) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
