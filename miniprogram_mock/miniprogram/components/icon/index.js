/** One line icon, in the size and colour of the text it stands in: `<ui-icon name="pin" size="40" />` (size in rpx). */

Component({
  options: { virtualHost: true },
  properties: {
    name: { type: String, value: '' },
    size: { type: Number, value: 40 },
    label: { type: String, value: '' },
  },
});
