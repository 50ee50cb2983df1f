/** Cars as the server tells them, for the tests of pages that show one. */
'use strict';

const keyed = (key, label) => ({ key, label });

/** A new car; `more` replaces fields. */
function car(more = {}) {
  return {
    id: 'car-1',
    title: '极曜 J3 2026款 豪华版',
    trim: '豪华版',
    series: keyed('j3', '极曜 J3'),
    status: keyed('listed', '在售'),
    reservable: true,
    condition: keyed('new', '新车'),
    model_year: 2026,
    vin_masked: null,
    stock_number: 'J3-00001',
    exterior_color: keyed('black', '曜石黑'),
    interior_color: null,
    body: keyed('sedan', '三厢轿车'),
    drivetrain: null,
    energy: keyed('petrol', '汽油'),
    gearbox: null,
    price: { price_fen: 28000000, guide_price_fen: 28000000, saved_fen: null, qualifier: '含增值税', history: [] },
    finance: null,
    photos: [{ url: '/media/1.jpg', alt: '侧面' }, { url: '/media/2.jpg', alt: '内饰' }],
    history: { first_registration_date: null, odometer_km: 0, previous_owners: 0, accident_free: true },
    highlights: ['新车', '全景天窗', '里程少'],
    options: [keyed('panoramic_roof', '全景天窗')],
    specifications: [{ key: 'seats', label: '座位数', value: '5 座' }],
    store: {
      id: 'store-1',
      name: '极曜北京中心',
      dealer: { id: 'dealer-1', name: '北京极曜' },
      city: '北京',
      address: '朝阳区 1 号',
      phone: '400-000-0001',
      hours: { mon: ['09:00', '18:00'] },
      capabilities: ['sales', 'test_drive'],
      distance_m: null,
      navigation: { latitude: 39.9, longitude: 116.4, name: '极曜北京中心', address: '朝阳区 1 号', scale: 16 },
    },
    similar: [],
    listed_at: '2026-11-20T00:00:00Z',
    version: 1,
    ...more,
  };
}

/** A used car with a past. */
function used(more = {}) {
  return car({
    condition: keyed('approved', '官方认证'),
    price: { price_fen: 28000000, guide_price_fen: 40000000, saved_fen: 12000000, qualifier: '一口价', history: [] },
    history: { first_registration_date: '2023-05-01', odometer_km: 28600, previous_owners: 1, accident_free: true },
    ...more,
  });
}

module.exports = { car, used };
