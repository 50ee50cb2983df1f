/** What the maps say in Chinese. */
export const TEXTS = {
  note: '仅省市轮廓，无街道',
  map: '地图',
  marker: (id) => `标记 ${id}`,
  here: '我的位置',
  closer: '放大',
  farther: '缩小',
  metres: (metres) => (metres >= 1000 ? `${metres / 1000} 公里` : `${metres} 米`),
  search: '搜索城市，或在地图上点选',
  withStores: '有门店',
  nothing: '没有这个城市',
  near: (city, kilometres) => (kilometres < 1 ? `${city}市中心` : `${city} · 距中心 ${kilometres} 公里`),
  failed: '地图数据没有加载，刷新页面重试',
}
