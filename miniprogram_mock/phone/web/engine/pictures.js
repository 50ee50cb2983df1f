/** Pictures as a phone gets them: when the network lets them through, and drawings (SVG) only where WeChat takes them. */

export function createPictures(phone) {
  const here = new Set()
  const drawings = new Map()

  /** The address that shows a picture, once its first byte may come; rejects without a network. What was here once is kept. */
  async function reach(src, from) {
    const address = phone.picture(src, from)
    if (address.startsWith('/net/') && !here.has(address)) {
      await phone.net.begin()
      here.add(address)
    }
    return address
  }

  /** The same for what takes no SVG: `use` is named in the log when it gets one. */
  async function raster(src, use) {
    const address = await reach(src)
    if (!drawings.has(address)) {
      const { ok, status, headers } = await fetch(address)
      if (!ok) throw new Error(`${use}: ${status}`)
      drawings.set(address, Boolean(headers.get('content-type')?.includes('svg')))
    }
    if (!drawings.get(address)) return address
    phone.log('warning', { message: `${use}: WeChat takes no SVG here (${src.slice(0, 200)})` })
    throw new Error(`${use}: no picture`)
  }

  return { reach, raster }
}
