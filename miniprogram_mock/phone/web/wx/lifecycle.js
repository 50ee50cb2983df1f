/** The life of the mini-program as it may listen to it, and what there is of updates. */
import { listeners } from './call.js'

export function lifecycleApis(phone) {
  const heard = Object.fromEntries(['AppShow', 'AppHide', 'Error', 'UnhandledRejection', 'PageNotFound'].map((name) => [name, listeners(phone)]))
  phone.on('app:show', (entry) => heard.AppShow.tell(entry))
  phone.on('app:hide', () => heard.AppHide.tell({}))
  phone.on('page:notfound', (target) => heard.PageNotFound.tell(target))
  phone.on('error', (error) => heard.Error.tell(error?.stack ?? String(error)))
  window.addEventListener('unhandledrejection', ({ reason, promise }) => heard.UnhandledRejection.tell({ reason, promise }))
  return {
    ...Object.fromEntries(Object.entries(heard).flatMap(([name, { on, off }]) => [[`on${name}`, on], [`off${name}`, off]])),
    getLaunchOptionsSync: () => ({ ...phone.firstEntry }),
    getEnterOptionsSync: () => ({ ...phone.entry }),
    // What runs here is always the newest.
    getUpdateManager: () => ({
      onCheckForUpdate: (listener) => { setTimeout(listener, 0, { hasUpdate: false }) },
      onUpdateReady: () => {},
      onUpdateFailed: () => {},
      applyUpdate: () => {},
    }),
  }
}
