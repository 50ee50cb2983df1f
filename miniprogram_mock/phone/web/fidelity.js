/**
 * Which parts of WeChat's client this one simulates, and how faithfully; shown at /fidelity, and held against the phone itself by a test.
 *
 * Each entry: names, how faithfully, and in one line why (for people who read Chinese).
 */
export const LEVELS = { faithful: '忠实', simplified: '简化', absent: '不模拟' }
const [F, S, N] = Object.keys(LEVELS)
const list = (text) => text.trim().split(/\s+/)

/** Names of `wx`. What is not listed here is undefined, as in a base library that does not know it yet. */
export const APIS = [
  ['网络', [
    [list('request downloadFile'), F, '域名白名单、方法（没有 PATCH）、同时最多十个、超时、中断、errMsg 与 errno 同微信；经本机代理到真实后端。不带 Cookie，不受浏览器跨域限制'],
    [list('uploadFile'), F, 'multipart 表单真实上传；进度只报一次 100%'],
    [list('getNetworkType onNetworkStatusChange offNetworkStatusChange'), F, '来自台面上的网络档位；慢速是 2 秒延迟加 50 KB/s'],
    [list('connectSocket sendSocketMessage createUDPSocket createTCPSocket'), N, '小程序不用长连接'],
  ]],
  ['登录与身份', [
    [list('login checkSession'), F, '登录码由平台模拟器签发，五分钟内一次有效，后端照常换 openid'],
    [list('getAccountInfoSync'), F, 'appid 与模拟器的账号一致，envVersion 为 release'],
    [list('getUserProfile getUserInfo chooseAddress scanCode'), N, '微信已收回或小程序不用；昵称由用户自己填写'],
  ]],
  ['存储与文件', [
    [list('setStorage getStorage removeStorage clearStorage getStorageInfo setStorageSync getStorageSync removeStorageSync clearStorageSync getStorageInfoSync'), F,
      '单值 1 MB、总量 10 MB；每个人一份，单页模式另存一份，与微信相同'],
    [list('openDocument'), S, '由浏览器在新标签页里显示，只看 PDF；没有转发与收藏的菜单'],
    [list('getFileSystemManager env'), S, '有读写、删除与目录；文件只在这次打开期间存在，没有 200 MB 限额'],
  ]],
  ['隐私与授权', [
    [list('getPrivacySetting requirePrivacyAuthorize openPrivacyContract onNeedPrivacyAuthorization'), F, '未声明 errno 112、未同意 errno 104；同意只能来自隐私按钮的点击'],
    [list('getSetting openSetting authorize getAppAuthorizeSetting'), F, '每个 scope 只问一次，拒绝之后只有设置页能改；支持位置、模糊位置、相册'],
  ]],
  ['位置', [
    [list('getLocation getFuzzyLocation'), F, '需在 requiredPrivateInfos 声明，先隐私后授权；wgs84 与 gcj02 换算，精度固定 30 米'],
    [list('chooseLocation openLocation'), S, '系统地图页只有名称与地址，不能搜索周边，不跳转导航软件'],
    [list('startLocationUpdate onLocationChange createMapContext'), N, '小程序不用持续定位；地图的移动用属性完成'],
  ]],
  ['页面与路由', [
    [list('navigateTo redirectTo switchTab reLaunch navigateBack'), F, '页面栈上限 10、tab 页限制、找不到页面的 errMsg 与生命周期次序同微信；转场动画较短'],
    [list('getLaunchOptionsSync getEnterOptionsSync onAppShow offAppShow onAppHide offAppHide onError offError onUnhandledRejection offUnhandledRejection onPageNotFound offPageNotFound'), F,
      '冷启动、热启动、切后台与场景值同微信；后台五秒后请求以 interrupted 结束，计时器停到回来为止'],
    [list('getUpdateManager'), S, '总是没有新版本'],
    [list('canIUse'), S, '答的是本客户端有没有，不细到参数'],
    [list('navigateToMiniProgram exitMiniProgram preloadWebview'), N, '没有别的小程序可去'],
  ]],
  ['界面', [
    [list('showToast hideToast showLoading hideLoading showModal showActionSheet'), F, '字数、按钮数限制与取消的 errMsg 同微信；showModal 不能输入'],
    [list('setNavigationBarTitle setNavigationBarColor showNavigationBarLoading hideNavigationBarLoading hideHomeButton'), F, '作用于当前页；单页模式里标题栏由微信管'],
    [list('setTabBarBadge removeTabBarBadge showTabBarRedDot hideTabBarRedDot'), F, '与微信相同，不在 tab 页时失败'],
    [list('setBackgroundColor setBackgroundTextStyle'), S, '只影响下拉时露出的底色'],
    [list('startPullDownRefresh stopPullDownRefresh pageScrollTo'), F, '下拉触发 onPullDownRefresh；滚动时长遵循参数'],
    [list('nextTick'), F, '在这次 setData 之后执行'],
    [list('createAnimation loadFontFace'), N, '动画用 CSS；字体用系统字体'],
  ]],
  ['支付与订阅', [
    [list('requestPayment'), F, '校验六个值与签名，通知带真实签名与加密、会重试；可取消、失败、慢、通知两次或丢失。没有密码与指纹'],
    [list('requestSubscribeMessage'), F, '只能由点击或支付回调触发，最多三个模板；“总是保持以上选择”、总开关（20004）同微信'],
    [list('requestMerchantTransfer requestVirtualPayment'), N, '小程序不用'],
  ]],
  ['分享', [
    [list('showShareMenu hideShareMenu updateShareMenu'), F, '菜单与分享按钮调用页面真正的 onShareAppMessage（含三秒 promise）与 onShareTimeline；卡片图不收 SVG'],
    [list('shareFileMessage shareToWeRun showShareImageMenu'), N, '小程序不用'],
  ]],
  ['媒体与画布', [
    [list('previewImage saveImageToPhotosAlbum getImageInfo'), S, '预览可翻页，不能双指放大，不收 SVG；保存到相册在这里是浏览器下载'],
    [list('canvasToTempFilePath createOffscreenCanvas'), F, '二维画布就是浏览器的画布，不画 SVG；没有 WebGL'],
    [list('createSelectorQuery createIntersectionObserver'), F, '由 glass-easel 提供节点，坐标以页面左上角为原点'],
    [list('chooseMedia chooseImage compressImage createCameraContext createInnerAudioContext createVideoContext'), N, '还没有用到照片与声音的页面'],
  ]],
  ['设备', [
    [list('getWindowInfo getAppBaseInfo getDeviceInfo getSystemSetting getSystemInfo getSystemInfoSync getMenuButtonBoundingClientRect'), F,
      '尺寸、胶囊、安全区与实际画面一致；自称 iOS 17.5、基础库 3.7.12'],
    [list('onThemeChange offThemeChange'), F, '来自台面上的浅色或深色'],
    [list('makePhoneCall setClipboardData getClipboardData'), S, '拨号只到确认为止；剪贴板是这台手机自己的'],
    [list('vibrateShort vibrateLong'), S, '不震动，只记在日志里'],
    [list('getRandomValues'), F, '浏览器的安全随机数'],
    [list('getBatteryInfo startAccelerometer openBluetoothAdapter startWifi getNFCAdapter'), N, '小程序不用这些硬件'],
  ]],
]

/** Elements of WXML. */
export const ELEMENTS = [
  ['视图', [
    [list('view text'), F, '点按、长按、hover-class、选择文字同微信；由微信自己的组件引擎 glass-easel 渲染'],
    [list('scroll-view'), F, '滚动、到顶到底、下拉刷新；滚动惯性是浏览器的'],
    [list('swiper swiper-item'), F, '手势、自动播放与 change 的来源同微信；在手指滑动时写回 current，真机会跳动，这里只在日志里警告；没有 3D 效果'],
    [list('cover-view cover-image root-portal'), S, '没有原生层，与普通视图相同'],
    [list('page-meta'), S, '只认 page-style 里的 overflow，弹层打开时页面不滚动'],
    [list('movable-area movable-view navigation-bar icon'), S, '只是容器，不能拖动，不改页面'],
    [list('block slot template wxs'), F, '由 glass-easel 的模板编译器处理'],
  ]],
  ['内容', [
    [list('rich-text progress'), S, '节点白名单与微信相同；进度条没有逐段动画事件'],
    [list('image'), S, '缩放、裁剪与懒加载都有，断网报错、慢网晚到（只算延迟）；不支持长按识别小程序码'],
    [list('canvas'), F, '只有 type="2d"'],
    [list('video audio camera live-player live-pusher ad web-view official-account open-data'), N, '小程序不用'],
  ]],
  ['表单', [
    [list('button'), F, 'open-type 有 share、getPhoneNumber、contact、openSetting、agreePrivacyAuthorization；号码来自模拟器；禁用时的颜色与权重同微信'],
    [list('input textarea'), S, '不弹出软键盘，键盘高度总是 0；昵称在离开后异步审核，不通过则清空；其余事件同微信'],
    [list('checkbox checkbox-group radio radio-group switch slider label form'), F, '外观按 iOS 版微信，事件相同'],
    [list('picker'), F, 'selector、multiSelector、time、date；地区选择不模拟'],
    [list('picker-view editor keyboard-accessory'), N, '小程序不用'],
  ]],
  ['导航与地图', [
    [list('navigator'), F, '各种 open-type 与 hover 同微信；不能去别的小程序'],
    [list('map'), S, '标记（图标不收 SVG）、气泡、标签、视野、拖动与缩放都有；底图只有省市轮廓，没有街道与 POI，没有折线、旋转与聚合'],
  ]],
]

/** Parts of the client that are neither an API nor an element. */
export const CLIENT = [
  ['外壳', [
    [['胶囊、导航栏、标签栏、右上角菜单'], F, '位置与尺寸按 iOS 版微信；自定义导航栏同样可用'],
    [['单页模式（场景 1154）'], F, '禁止登录、支付、定位与跳转，底部“前往小程序”以 1155 重新打开'],
    [['分享卡片、朋友圈、小程序码、模板消息'], S, '卡片留在本机浏览器里等人打开；场景值与参数同微信。小程序码不经相机，由台面代为扫描'],
    [['服务号会话、微信支付凭证'], S, '消息内容来自平台模拟器收到的真实调用；样式相近'],
    [['代码包'], S, '浏览器直接运行源文件，不加密、不分包下载；大小与语法由 CI 用微信的 wcc / wcsc 把关'],
    [['双线程'], S, '逻辑与视图在同一线程：快慢不能代表真机，逻辑里看不到 window 与 document；setData 超过 1 MB 拒绝，超过 256 KB 警告'],
    [['真机差异'], N, '安卓机型、键盘顶起、弱网丢包、微信版本灰度：上线前仍要用真机和开发者工具走一遍'],
  ]],
]
