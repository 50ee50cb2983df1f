/** The composition of a list's poster: where every text and picture stands, on a sheet 750 wide. Always on light paper. */

const WIDTH = 750;
const PAD = 56;
const INNER = WIDTH - 2 * PAD;
const CODE = 184;
const INK = { strong: '#14130f', soft: '#55524b', quiet: '#6f6b63', line: '#e3dfd7', paper: '#ffffff', well: '#ece8e0' };

/** @typedef {{kind: 'box', x: number, y: number, w: number, h: number, color: string}} Box */
/** @typedef {{kind: 'picture', src: string, x: number, y: number, w: number, h: number}} Picture */
/** @typedef {{kind: 'text', text: string, x: number, y: number, size: number, weight: number, color: string, align: 'left' | 'right'}} Words */
/** @typedef {Box | Picture | Words} Stroke */
/** @typedef {(text: string, size: number, weight: number) => number} Measure */
/** @typedef {{width: number, height: number, strokes: Stroke[]}} Sheet */
/** @typedef {{mark: string, brand: string, code: string, scan: string, about: string}} Frame what every poster has */
/** @typedef {{picture: string, title: string, facts: string, price: string}} Car */

/**
 * @param {number} x
 * @param {number} y of the baseline
 * @param {string} text
 * @param {{size?: number, weight?: number, color?: string, align?: 'left' | 'right'}} [look]
 * @returns {Words}
 */
function words(x, y, text, { size = 28, weight = 400, color = INK.soft, align = 'left' } = {}) {
  return { kind: 'text', text, x, y, size, weight, color, align };
}

/**
 * Breaks a text into lines of a width. What does not fit in the last line ends in an ellipsis.
 *
 * @param {string} text
 * @param {number} width
 * @param {number} most lines
 * @param {(text: string) => number} measure
 */
function wrap(text, width, most, measure) {
  const lines = [''];
  for (const letter of text) {
    const last = lines.length - 1;
    if (measure(lines[last] + letter) <= width) lines[last] += letter;
    else if (lines.length < most) lines.push(letter.trim());
    else return [...lines.slice(0, -1), `${shortened(lines[last], width, measure)}…`];
  }
  return lines;
}

/**
 * @param {string} line
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function shortened(line, width, measure) {
  let kept = line;
  while (kept && measure(`${kept}…`) > width) kept = kept.slice(0, -1);
  return kept.trim();
}

/** @param {Frame} frame */
function top({ mark, brand }) {
  return [
    words(PAD, 88, mark, { size: 36, weight: 600, color: INK.strong }),
    words(WIDTH - PAD, 88, brand, { size: 26, color: INK.quiet, align: 'right' }),
  ];
}

/**
 * The mini-program code and what it is for.
 *
 * @param {Frame} frame
 * @param {number} y
 * @param {string} place
 * @returns {Stroke[]}
 */
function bottom({ code, scan, about }, y, place) {
  return [
    { kind: 'box', x: PAD, y, w: INNER, h: 1, color: INK.line },
    { kind: 'picture', src: code, x: WIDTH - PAD - CODE, y: y + 40, w: CODE, h: CODE },
    words(PAD, y + 88, place, { size: 28, color: INK.strong }),
    words(PAD, y + 152, scan, { size: 26, color: INK.quiet }),
    words(PAD, y + 192, about, { size: 26, color: INK.quiet }),
  ];
}

/**
 * @param {number} height
 * @param {Stroke[]} strokes
 * @returns {Sheet}
 */
function sheet(height, strokes) {
  return { width: WIDTH, height, strokes: [{ kind: 'box', x: 0, y: 0, w: WIDTH, h: height, color: INK.paper }, ...strokes] };
}

/**
 * The poster of a list: its first cars, one under another.
 *
 * @param {Frame} frame
 * @param {{title: string, count: string, cars: Car[]}} list
 * @param {Measure} measure
 */
function ofList(frame, { title, count, cars }, measure) {
  const start = 272;
  const row = 176;
  const width = INNER - 232 - 28;
  const rows = cars.flatMap((car, index) => {
    const y = start + index * row;
    const [name] = wrap(car.title, width, 1, (text) => measure(text, 30, 600));
    const x = PAD + 232 + 28;
    return /** @type {Stroke[]} */ ([
      { kind: 'picture', src: car.picture, x: PAD, y, w: 232, h: 130 },
      words(x, y + 32, name, { size: 30, weight: 600, color: INK.strong }),
      words(x, y + 72, wrap(car.facts, width, 1, (text) => measure(text, 26, 400))[0], { size: 26 }),
      words(x, y + 124, car.price, { size: 34, weight: 600, color: INK.strong }),
    ]);
  });
  const end = start + cars.length * row + 16;
  return sheet(end + 300, [
    ...top(frame),
    words(PAD, 196, title, { size: 48, weight: 600, color: INK.strong }),
    ...rows,
    ...bottom(frame, end, count),
  ]);
}

/** @param {Sheet} sheet */
function pictures({ strokes }) {
  return strokes.flatMap((stroke) => (stroke.kind === 'picture' ? [stroke.src] : []));
}

/** @param {{size: number, weight: number}} look */
const font = ({ size, weight }) => `${weight} ${size}px -apple-system, "PingFang SC", "Noto Sans CJK SC", sans-serif`;

/**
 * Draws a sheet. A picture that is missing leaves its place empty.
 *
 * @param {any} context of a 2d canvas
 * @param {Sheet} sheet
 * @param {Map<string, {width: number, height: number}>} loaded by address
 * @param {number} scale pixels for one unit of the sheet
 */
function paint(context, { strokes }, loaded, scale) {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  for (const stroke of strokes) {
    if (stroke.kind === 'text') {
      context.font = font(stroke);
      context.fillStyle = stroke.color;
      context.textAlign = stroke.align;
      context.fillText(stroke.text, stroke.x, stroke.y);
    } else if (stroke.kind === 'box' || !loaded.has(stroke.src)) {
      context.fillStyle = stroke.kind === 'box' ? stroke.color : INK.well;
      context.fillRect(stroke.x, stroke.y, stroke.w, stroke.h);
    } else {
      cover(context, /** @type {any} */ (loaded.get(stroke.src)), stroke);
    }
  }
}

/**
 * Fills a place with a picture, cutting what is too much on the longer side.
 *
 * @param {any} context
 * @param {{width: number, height: number}} picture
 * @param {Picture} place
 */
function cover(context, picture, { x, y, w, h }) {
  const scale = Math.max(w / picture.width, h / picture.height);
  const [width, height] = [w / scale, h / scale];
  context.drawImage(picture, (picture.width - width) / 2, (picture.height - height) / 2, width, height, x, y, w, h);
}

module.exports = { font, ofList, paint, pictures, wrap };
