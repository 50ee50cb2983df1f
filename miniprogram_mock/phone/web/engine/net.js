/** The network as the phone sees it: every address goes through our server, at the speed of the network she is in. */

const SPEEDS = {
  wifi: { wait: 0, bytesPerSecond: Infinity },
  '4g': { wait: 80, bytesPerSecond: 2_000_000 },
  slow: { wait: 2000, bytesPerSecond: 50_000 },
}

const LONGEST_SHOWN = 20_000
/** WeChat sends so many at once; the others wait their turn. */
const MOST_AT_ONCE = 10

export class NetFailure extends Error {
  /** @param {'fail' | 'timeout' | 'abort' | 'interrupted'} kind */
  constructor(kind, message) {
    super(message)
    this.kind = kind
  }
}

export function createNet(phone) {
  const inTurn = createTurns()
  let interruption = new AbortController()
  phone.on('freeze', () => interruption.abort(new NetFailure('interrupted', 'interrupted')))

  /**
   * @param {{url: string, method?: string, headers?: Record<string, string>, body?: any, timeout?: number, signal?: AbortSignal}} request
   * @returns {Promise<{status: number, headers: Headers, bytes: ArrayBuffer}>} rejects with NetFailure
   */
  async function send(request) {
    const started = performance.now()
    const entry = { method: request.method ?? 'GET', url: request.url }
    const note = (more) => phone.log('request', { ...entry, ms: Math.round(performance.now() - started), ...more })
    try {
      const signal = endOf(request)
      const answer = await inTurn(signal, () => withinTime(request.timeout ?? 60000, signal, (inTime) => travel(request, inTime)))
      note({ status: answer.status, bytes: answer.bytes.byteLength, sent: shown(request.body), got: shown(answer.bytes, answer.headers) })
      return answer
    } catch (failure) {
      note({ status: 0, error: failure.message, sent: shown(request.body) })
      throw failure
    }
  }

  /** What ends a request early: she, or the mini-program in the background, where none can be made either. */
  function endOf({ signal }) {
    if (!phone.background.isFrozen && interruption.signal.aborted) interruption = new AbortController()
    return AbortSignal.any([interruption.signal, ...(signal ? [signal] : [])])
  }

  /** Before the first byte: is there a network, and how long does it take. Pictures too have to pass here. */
  async function begin(signal) {
    if (phone.settings.network === 'offline') throw new NetFailure('fail', 'net::ERR_INTERNET_DISCONNECTED')
    const speed = SPEEDS[phone.settings.network] ?? SPEEDS.wifi
    await pause(speed.wait, signal)
    return speed
  }

  async function travel(request, signal) {
    const speed = await begin(signal)
    const answer = await fetch(url(request.url), {
      method: request.method ?? 'GET', headers: request.headers, body: request.body, signal, cache: 'no-store',
    }).catch(() => {
      throw new NetFailure('fail', 'net::ERR_CONNECTION_REFUSED')
    })
    // Our own server could not reach the one she wanted: on a phone that is a broken connection, not an answer.
    if (answer.headers.has('X-Phone-Net')) throw new NetFailure('fail', answer.headers.get('X-Phone-Net'))
    const bytes = await answer.arrayBuffer()
    await pause((bytes.byteLength / speed.bytesPerSecond) * 1000, signal)
    if (phone.settings.network === 'offline') throw new NetFailure('fail', 'net::ERR_NETWORK_CHANGED')
    return { status: answer.status, headers: answer.headers, bytes }
  }

  return { url, begin, fetch: send }
}

/** Our server's address for an address of the wide world; what is no http address stays as it is. */
function url(address) {
  const found = /^(https?):\/\/([^/?#]+)(.*)$/.exec(address ?? '')
  if (!found || found[2] === location.host) return address
  return `/net/${found[1]}/${found[2]}${found[3] || '/'}`
}

/** Some run, the others wait their turn; whose signal ends is not waiting any more. */
function createTurns() {
  const waiting = new Set()
  let running = 0
  return async (signal, work) => {
    if (running < MOST_AT_ONCE) running += 1
    else {
      await new Promise((go, end) => {
        waiting.add(go)
        signal.addEventListener('abort', () => {
          waiting.delete(go)
          end(signal.reason)
        })
      })
    }
    try {
      return await work()
    } finally {
      // The place goes to the next one, if there is one.
      const [next] = waiting
      waiting.delete(next)
      if (next) next()
      else running -= 1
    }
  }
}

/** A body for the log: text, and not endless. */
function shown(body, headers) {
  if (typeof body === 'string') return body.slice(0, LONGEST_SHOWN)
  if (!headers?.get('content-type')?.includes('json')) return undefined
  return new TextDecoder().decode(body.slice(0, LONGEST_SHOWN))
}

function pause(ms, signal) {
  if (!ms) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

async function withinTime(ms, outer, work) {
  outer.throwIfAborted()
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new NetFailure('timeout', 'timeout')), ms)
  const abort = () => controller.abort(outer.reason)
  outer.addEventListener('abort', abort)
  const ended = new Promise((_, reject) => controller.signal.addEventListener('abort', () => reject(controller.signal.reason)))
  ended.catch(() => {})
  try {
    return await Promise.race([work(controller.signal), ended])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', abort)
  }
}
