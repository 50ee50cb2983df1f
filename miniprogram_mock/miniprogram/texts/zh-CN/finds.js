/** What the pages of her finds say: favourites, recently viewed, saved searches, alerts, comparison. */

module.exports = {
  browse: '去选车',
  favourites: { empty: '还没有收藏的车辆，点按车辆上的心形即可收藏', total: '共 {count} 辆' },
  recent: {
    empty: '还没有看过车辆',
    text: '您最近看过的车辆',
    when: '{time} 看过',
    clear: '清空',
    asked: '清空最近浏览？',
    everywhere: '您在其他设备上的浏览记录也会一并清空。',
  },
  searches: {
    empty: '还没有保存的搜索。在选车页保存后，有新车时会通知您',
    fresh: '{count} 辆新车',
    total: '{count} 辆在售',
    paused: '已暂停通知',
    menu: '管理“{name}”',
    often: { instant: '有新车立即通知', daily: '每天通知一次', weekly: '每周通知一次' },
    pause: '暂停通知',
    remove: '删除',
    changed: '已更新',
    removed: '已删除“{name}”',
    undo: '撤销',
  },
  matches: { empty: '保存之后还没有新上架的车辆', all: '查看全部 {count} 辆', when: '{time} 起符合条件', fresh: '新' },
  alerts: { empty: '还没有提醒。收藏车辆或保存搜索后，有变化时会告诉您', fresh: '未读' },
  compare: {
    empty: '还没有要对比的车辆，在车辆图片上点按“对比”即可加入',
    only: '只看不同',
    add: '添加车辆',
    missing: '—',
    same: '这些车辆的各项信息相同',
    gone: '有车辆无法对比，已移除',
    share: '帮我看看这几辆车',
  },
};
