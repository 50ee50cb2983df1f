/** Not written yet. */

Page({});
