/** `wx.request`, `wx.uploadFile`, `wx.downloadFile`: through the phone's network, each with its task. */
import { NetFailure } from '../engine/net.js'
import { safely } from './call.js'

/** As its documentation lists them: there is no PATCH. */
const METHODS = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'])
const ERRNO = { timeout: 5, abort: 600003, interrupted: 600003, fail: 600001 }
const NOT_LISTED = 'not-in-domain-list'

export function requestApis(phone, files) {
  /**
   * Send, and tell the callbacks. WeChat gives a task back, never a promise.
   *
   * @param {string} name the API's
   * @param {any} options what the mini-program gave
   * @param {() => Promise<any>} prepare the phone's request
   * @param {(answer: any) => any} read what the answer holds
   */
  function send(name, options, prepare, read) {
    const controller = new AbortController()
    const heard = { headers: new Set(), progress: new Set() }
    const work = async () => {
      const timeout = options.timeout ?? phone.program.config.networkTimeout?.[name] ?? 60000
      const answer = await phone.net.fetch({ timeout, signal: controller.signal, ...(await prepare()) })
      const header = headersOf(answer.headers)
      heard.headers.forEach((listener) => safely(phone, listener, { header }))
      const size = answer.bytes.byteLength
      heard.progress.forEach((listener) => safely(phone, listener, { progress: 100, totalBytesWritten: size, totalBytesExpectedToWrite: size }))
      return { ...read({ ...answer, header }), statusCode: answer.status, errMsg: `${name}:ok` }
    }
    work().then(
      (result) => safely(phone, options.success, result) ?? result,
      (failure) => {
        const result = refused(name, failure)
        safely(phone, options.fail, result)
        return result
      },
    ).then((result) => safely(phone, options.complete, result))
    return {
      abort: () => controller.abort(new NetFailure('abort', 'abort')),
      onHeadersReceived: (listener) => heard.headers.add(listener),
      offHeadersReceived: (listener) => heard.headers.delete(listener),
      onProgressUpdate: (listener) => heard.progress.add(listener),
      offProgressUpdate: (listener) => heard.progress.delete(listener),
    }
  }

  return {
    request(options) {
      const { responseType = 'text', dataType = 'json' } = options
      return send('request', options, async () => asRequest(options), ({ bytes, header }) => {
        if (responseType === 'arraybuffer') return { data: bytes, header, cookies: [] }
        const text = new TextDecoder().decode(bytes)
        return { data: dataType === 'json' ? parsed(text) : text, header, cookies: [] }
      })
    },
    downloadFile(options) {
      return send('downloadFile', options, async () => ({ url: listed(options.url), headers: plain(options.header) }), ({ bytes, headers, header }) => {
        const blob = new Blob([bytes], { type: headers.get('content-type') ?? '' })
        const path = options.filePath ? files.write(options.filePath, blob) : files.temporary(blob)
        return { [options.filePath ? 'filePath' : 'tempFilePath']: path, header, dataLength: bytes.byteLength }
      })
    },
    uploadFile(options) {
      const prepare = async () => {
        const form = new FormData()
        for (const [key, value] of Object.entries(options.formData ?? {})) form.append(key, String(value))
        form.append(options.name, await files.blob(options.filePath), options.filePath.split('/').at(-1))
        const headers = plain(options.header)
        delete headers['content-type']
        return { url: listed(options.url), method: 'POST', headers, body: form }
      }
      // Unlike the others, the body of an upload's answer is always text.
      return send('uploadFile', options, prepare, ({ bytes, header }) => ({ data: new TextDecoder().decode(bytes), header }))
    },
  }
}

/** The phone's request for a `wx.request`: the body as its content type says, or in the query of a GET. */
function asRequest({ url, method = 'GET', data, header }) {
  const verb = method.toUpperCase()
  if (!METHODS.has(verb)) throw new Error('method is invalid')
  const headers = plain(header)
  if (data === undefined || data === null) return { url: listed(url), method: verb, headers }
  const isObject = typeof data === 'object' && !(data instanceof ArrayBuffer)
  if (['GET', 'HEAD', 'OPTIONS'].includes(verb)) {
    return { url: isObject ? withQuery(listed(url), data) : listed(url), method: verb, headers }
  }
  headers['content-type'] ??= 'application/json'
  const isForm = headers['content-type'].startsWith('application/x-www-form-urlencoded')
  const body = !isObject ? data : isForm ? queryOf(data) : JSON.stringify(data)
  return { url: listed(url), method: verb, headers, body }
}

/** Only whole addresses are requested; which hosts are on the list is the network's business. */
function listed(url) {
  if (!/^https?:\/\/[^/]/.test(url ?? '')) throw new Error(`invalid url "${url}"`)
  return url
}

const plain = (header) => Object.fromEntries(Object.entries(header ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))
const queryOf = (data) => Object.entries(data).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : String(value))}`).join('&')

function withQuery(url, data) {
  const query = queryOf(data)
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Names as servers write them; a browser has put them in lower case. */
function headersOf(headers) {
  return Object.fromEntries([...headers].map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value]))
}

function refused(name, failure) {
  if (failure.message === NOT_LISTED) return { errMsg: `${name}:fail url not in domain list`, errno: 600002 }
  const reason = failure.kind === 'timeout' || failure.kind === 'abort' ? failure.kind : failure.message
  return { errMsg: `${name}:fail ${reason}`, errno: ERRNO[failure.kind] ?? 600009 }
}
