/** The 2D canvas: its node as WeChat hands it out, and pictures made from it. */
import { Refusal, asynchronous } from './call.js'

const TYPES = { png: 'image/png', jpg: 'image/jpeg' }

/** Give a `<canvas>` of the browser what a canvas node of WeChat has besides. */
export function canvasNode(phone, canvas) {
  if (canvas.createImage) return canvas
  return Object.assign(canvas, {
    createImage: () => picture(phone),
    createPath2D: (path) => new Path2D(path),
    requestAnimationFrame: (run) => requestAnimationFrame(run),
    cancelAnimationFrame: (id) => cancelAnimationFrame(id),
  })
}

/** An image whose addresses go through the phone's network, so that it may be drawn and read again. WeChat draws no SVG. */
function picture(phone) {
  const image = new Image()
  const native = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src')
  Object.defineProperty(image, 'src', {
    get: () => native.get.call(image),
    set: (src) => phone.pictures.raster(src, 'image of a canvas').then(
      (address) => native.set.call(image, address),
      () => image.dispatchEvent(new Event('error')),
    ),
  })
  return image
}

export function canvasApis(phone, files) {
  return {
    ...asynchronous(phone, {
      async canvasToTempFilePath({ canvas, x = 0, y = 0, width, height, destWidth, destHeight, fileType = 'png', quality = 1 }) {
        if (!(canvas instanceof HTMLCanvasElement) && !(canvas instanceof OffscreenCanvas)) throw new Refusal('canvas is empty')
        const wide = width ?? canvas.width - x
        const high = height ?? canvas.height - y
        const copy = Object.assign(document.createElement('canvas'), { width: destWidth ?? wide, height: destHeight ?? high })
        copy.getContext('2d').drawImage(canvas, x, y, wide, high, 0, 0, copy.width, copy.height)
        const blob = await new Promise((resolve) => copy.toBlob(resolve, TYPES[fileType] ?? TYPES.png, quality))
        if (!blob) throw new Refusal('create bitmap failed')
        return { tempFilePath: files.temporary(blob) }
      },
    }),
    createOffscreenCanvas: ({ width = 300, height = 150 } = {}) => canvasNode(phone, Object.assign(document.createElement('canvas'), { width, height })),
  }
}
