/** Steps one below the other: done, now, still to come, or in trouble. `items`: [{key, title, text, state}]. */

Component({
  properties: {
    items: { type: Array, value: [] },
  },
});
