/** What the home page says. */

module.exports = {
  place: {
    none: '选择城市或使用我的位置',
    here: '我的位置附近',
    near: '{city} · 我的位置',
    label: '当前地点：{place}，点按更改',
  },
  hero: { unit: '辆在售', country: '全国极曜授权门店', near: '全国极曜授权门店，距您由近及远', city: '{city}极曜授权门店' },
  series: { title: '车系', count: '{count} 辆', none: '暂无在售', label: '{name}，{count} 辆在售' },
  recommended: { title: '为您推荐', more: '更多推荐', all: '查看全部 {count} 辆', empty: '{place}暂无在售车辆', country: '查看全国车辆' },
  stores: { title: '附近门店', title_city: '{city}门店', title_all: '门店', all: '全部门店', label: '{name}，{address}' },
  recent: { title: '最近浏览', clear: '清空', asked: '清空最近浏览的车辆？' },
  foot: '车辆、价格与库存以门店确认为准',
};
