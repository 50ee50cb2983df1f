/** Files that the mini-program makes: temporary ones, those under `wx.env.USER_DATA_PATH`, and pictures drawn on a canvas. */
import { Refusal, asynchronous } from './call.js'

const USER = 'wxfile://usr'

/** A temporary file is a `blob:` address, which `<image>` shows as it is; a user's file has a path and stays until the document ends. */
export function createFiles(phone) {
  const made = new Map()
  const files = {
    temporary(blob) {
      const path = URL.createObjectURL(blob)
      made.set(path, { blob, url: path })
      return path
    },
    write(path, blob) {
      if (!path.startsWith(`${USER}/`)) throw new Refusal(`permission denied, open "${path}"`)
      made.set(path, { blob, url: URL.createObjectURL(blob) })
      return path
    },
    /** @returns {Promise<Blob>} the mini-program's own files can be read too */
    async blob(path) {
      if (made.has(path)) return made.get(path).blob
      if (/^(https?:|wxfile:|blob:)/.test(path)) throw new Refusal(`no such file or directory, open "${path}"`)
      const answer = await fetch(phone.picture(path))
      if (!answer.ok) throw new Refusal(`no such file or directory, open "${path}"`)
      return answer.blob()
    },
    remove: (path) => made.delete(path),
    has: (path) => made.has(path),
  }
  const picture = phone.picture
  phone.picture = (src, ...rest) => made.get(src)?.url ?? picture(src, ...rest)
  return files
}

export function fileApis(phone, files) {
  const manager = asynchronous(phone, {
    async readFile({ filePath, encoding }) {
      const blob = await files.blob(filePath)
      return { data: encoding === 'base64' ? await base64(blob) : encoding ? await blob.text() : await blob.arrayBuffer() }
    },
    async writeFile({ filePath, data, encoding = 'utf8' }) {
      files.write(filePath, new Blob([encoding === 'base64' ? bytesOf(data) : data]))
    },
    async access({ path }) {
      await files.blob(path)
    },
    async unlink({ filePath }) {
      if (!files.remove(filePath)) throw new Refusal(`no such file or directory, unlink "${filePath}"`)
    },
    async getFileInfo({ filePath }) {
      return { size: (await files.blob(filePath)).size }
    },
    async saveFile({ tempFilePath, filePath = `${USER}/${crypto.randomUUID()}` }) {
      return { savedFilePath: files.write(filePath, await files.blob(tempFilePath)) }
    },
  })
  const shown = asynchronous(phone, {
    /** WeChat shows it on a screen of its own; here the browser does. */
    async openDocument({ filePath }) {
      window.open(URL.createObjectURL(await files.blob(filePath)), '_blank')
    },
  })
  return { ...shown, getFileSystemManager: () => manager, env: { USER_DATA_PATH: USER } }
}

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

/** @returns {Promise<string>} */
function base64(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '')
    reader.readAsDataURL(blob)
  })
}
