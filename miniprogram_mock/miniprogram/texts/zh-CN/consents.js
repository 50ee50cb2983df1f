/** What the page of her agreements says; the words of each agreement are in privacy.js. */
module.exports = {
  intro: '以下每一项都由您单独决定，随时可以开启或撤回。撤回与同意同样方便，且不影响撤回前的处理。',
  on: '{time} 同意，文本版本 {version}',
  off: '未同意',
  withdrawn: '{time} 已撤回',
  given: '已同意',
  taken: '已撤回',
  sure: '撤回“{title}”？',
  withdraw: '撤回',
  keep: '保留',
  read: '阅读隐私说明全文',
};
