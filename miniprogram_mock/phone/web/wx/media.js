/** Pictures: looking at them large, keeping them in the album, measuring them. */
import { Refusal, asynchronous } from './call.js'

export function mediaApis(phone, { files, privacy, permissions }) {
  return asynchronous(phone, {
    previewImage({ urls, current }) {
      if (!Array.isArray(urls) || !urls.length) throw new Refusal('parameter error: parameter.urls should have at least 1 item')
      phone.shell.preview(urls, typeof current === 'number' ? urls[current] : current)
    },
    async saveImageToPhotosAlbum({ filePath }) {
      await privacy.ensure('saveImageToPhotosAlbum')
      await permissions.need('scope.writePhotosAlbum')
      // Only what is on the phone can be kept: a picture of the network is downloaded first.
      if (!filePath || /^https?:/.test(filePath)) throw new Refusal('file doesn\'t exist')
      if ((await files.blob(filePath)).type.includes('svg')) throw new Refusal('invalid file type')
      await phone.shell.saveImage(filePath)
    },
    async getImageInfo({ src }) {
      const { image, type } = await loaded(phone, src)
      const path = /^https?:/.test(src) ? files.temporary(await (await fetch(image.src)).blob()) : src
      return { width: image.naturalWidth, height: image.naturalHeight, path, orientation: 'up', type }
    },
  })
}

async function loaded(phone, src) {
  const image = new Image()
  image.src = phone.picture(src ?? '')
  await image.decode().catch(() => {
    throw new Refusal('image not found')
  })
  const type = /\.(png|jpe?g|gif|webp|svg)(\?|$)/i.exec(src)?.[1].toLowerCase().replace('jpg', 'jpeg') ?? 'unknown'
  return { image, type }
}
