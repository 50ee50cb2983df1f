/** What the city page says. */

module.exports = {
  here: {
    title: '使用我的位置',
    busy: '正在获取位置…',
    on: '正在使用我的位置',
  },
  refused: {
    title: '您未允许使用位置',
    text: '您可以在设置中重新允许，或直接选择城市，其他功能不受影响。',
    settings: '前往设置',
    still: '仍未允许使用位置，可直接选择城市',
  },
  search: { placeholder: '搜索城市', label: '搜索城市', clear: '清除' },
  guessed: { title: '您可能在{city}', text: '根据网络位置推测，点按即选择此城市' },
  country: '全国',
  list: '有门店的城市',
  count: '{count} 辆',
  none: '暂无车辆',
  chosen: '{city}，已选择',
  label: '{city}，{count}',
  nothing: '“{q}”还没有极曜门店',
  empty: '还没有开设门店的城市',
};
