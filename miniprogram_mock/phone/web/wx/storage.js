/** Storage of one person's phone: 1 MB for a value, 10 MB for all; a page opened from Moments has one of its own. */
import { createStorage } from '../engine/storage.js'
import { Refusal, asynchronous } from './call.js'

const MOST_OF_A_VALUE = 1024 * 1024

export function storageApis(phone) {
  const alone = createStorage(`mp-single:${phone.person.id}:`)
  const store = () => (phone.isSinglePage ? alone : phone.storage)

  function set(key, data) {
    named(key)
    const text = JSON.stringify(data) ?? '""'
    const size = new Blob([text]).size
    if (size > MOST_OF_A_VALUE) throw new Refusal('entry size limit reached')
    if (store().bytes() / 2 + size > store().limit) throw new Refusal('storage size limit reached')
    store().set(key, JSON.parse(text))
  }

  function info() {
    return { keys: store().names(), currentSize: Math.ceil(store().bytes() / 2048), limitSize: store().limit / 1024 }
  }

  const sync = (name, run) => (...given) => {
    try {
      return run(...given)
    } catch (error) {
      throw new Error(`${name}:fail ${error.message}`)
    }
  }

  return {
    ...asynchronous(phone, {
      setStorage: ({ key, data }) => set(key, data),
      getStorage({ key }) {
        if (!store().has(named(key))) throw new Refusal('data not found')
        return { data: store().get(key) }
      },
      removeStorage: ({ key }) => store().remove(named(key)),
      clearStorage: () => store().clear(),
      getStorageInfo: info,
    }),
    setStorageSync: sync('setStorageSync', set),
    getStorageSync: sync('getStorageSync', (key) => store().get(named(key), '')),
    removeStorageSync: sync('removeStorageSync', (key) => store().remove(named(key))),
    clearStorageSync: () => store().clear(),
    getStorageInfoSync: info,
  }
}

function named(key) {
  if (typeof key !== 'string' || !key) throw new Refusal('parameter error: parameter.key should be String')
  return key
}
