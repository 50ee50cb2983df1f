/** What the page of herself says. */
module.exports = {
  nickname: { label: '昵称', placeholder: '怎么称呼您', saved: '昵称已更新', hello: '您好，{name}', nobody: '您好', refused: '该昵称未通过微信审核，请换一个', notReviewed: '昵称审核超时，请稍后再试' },
  phone: {
    label: '手机号',
    bind: '绑定手机号',
    change: '更换',
    changeLabel: '更换手机号，当前 {phone}',
    changed: '手机号已更换',
    why: '仅在预订或请顾问联系您时需要',
    heading: '绑定手机号',
    bound: '手机号已绑定',
  },
  finds: { favourites: '收藏', recent: '最近浏览', searches: '保存的搜索', alerts: '提醒' },
  entries: {
    orders: '订单与排队',
    stores: '门店',
    consents: '授权管理',
    privacy: '隐私与个人信息',
    about: '关于',
    theme: '外观',
    themeValue: '跟随系统',
  },
  signedOut: { text: '暂时没有登录，登录后可以管理您的信息与订单。', action: '登录' },
};
