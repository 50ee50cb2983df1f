/** A short mark on a car or an order: `tone` is plain, accent, ok, warn, danger or solid. */

Component({
  properties: {
    text: { type: String, value: '' },
    tone: { type: String, value: 'plain' },
  },
});
