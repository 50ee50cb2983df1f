/** What the search field says. */

module.exports = {
  placeholder: '搜索车系、版本或颜色',
  label: '搜索车辆',
  clear: '清除搜索词',
  close: '收起搜索建议',
  history: '搜索记录',
  forget: '清空',
  count: '{count} 辆',
  popular: '热门车系',
  corrected: '您是不是要找',
};
