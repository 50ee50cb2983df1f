/** The mini-program's life: how it was opened, a silent sign-in, events before it goes away. */

const events = require('./lib/events');
const launch = require('./lib/launch');
const session = require('./lib/session');
const subscribe = require('./lib/subscribe');

App({
  onLaunch(options) {
    launch.note(options);
    events.track('app.launched', { scene: options.scene, path: options.path });
    if (launch.isSinglePage()) return;
    // Nothing on the first page waits for it: who cannot be signed in now is signed in when it matters.
    session.ensure().catch(() => {});
  },

  onShow(options) {
    launch.note(options);
    events.track('app.shown', { scene: options.scene });
    if (!launch.isSinglePage()) subscribe.load();
  },

  onHide() {
    events.track('app.hidden');
    events.flush();
  },

  onError(error) {
    console.error(error);
  },
});
