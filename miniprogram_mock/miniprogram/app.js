/** The mini-program's life: how it was opened, a silent sign-in, events before it goes away. */

const alerts = require('./lib/alerts');
const events = require('./lib/events');
const favourites = require('./lib/favourites');
const launch = require('./lib/launch');
const recent = require('./lib/recent');
const session = require('./lib/session');
const subscribe = require('./lib/subscribe');

App({
  onLaunch(options) {
    launch.note(options);
    events.track('app.launched', { scene: options.scene, path: options.path });
    if (launch.isSinglePage()) return;
    // Nothing on the first page waits for it: who cannot be signed in now is signed in when it matters.
    session.ensure().then(() => Promise.all([recent.bring(), favourites.refresh(), alerts.look(), subscribe.look()]), () => {});
  },

  onShow(options) {
    launch.note(options);
    events.track('app.shown', { scene: options.scene });
    if (launch.isSinglePage()) return;
    subscribe.load();
    alerts.look();
  },

  onHide() {
    events.track('app.hidden');
    events.flush();
  },

  onError(error) {
    console.error(error);
  },
});
