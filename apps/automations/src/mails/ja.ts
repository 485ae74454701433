import { clock, type Language } from './words.js';

export const ja: Language = {
  greeting: (name) => (name ? `${name} 様` : 'ご担当者様'),
  time: (at) => `${at.getUTCFullYear()}年${at.getUTCMonth() + 1}月${at.getUTCDate()}日 ${clock(at, ':', 1)}（UTC）`,
  line: ({ quantity, product, sku }) => `${product}（${sku}）× ${quantity}`,
  labels: {
    drawdown: '申請番号',
    order: '注文番号',
    customer: '払い出し先',
    partner: 'パートナー',
    until: '確保期限',
    lines: '内訳',
    reason: '理由',
    note: '備考',
  },
  colon: '：',
  letters: {
    drawdownSubmitted: ({ partner, customer, orderId, until }) => ({
      subject: `【承認のお願い】${partner}様からのライセンス払い出し申請`,
      what: `${partner}様より、注文 ${orderId} のライセンスを${customer}様へ払い出したいとの申請がありました。`,
      next: `内容をご確認のうえ、承認または却下をお願いいたします。対象のライセンスは${until}まで確保されており、それまでにご判断がない場合、申請は失効します。`,
    }),
    drawdownApproved: ({ customer, orderId, until }) => ({
      subject: 'ライセンス払い出し申請が承認されました',
      what: `注文 ${orderId} のライセンスを${customer}様へ払い出す申請が承認されました。`,
      next: `続けて、受諾の手続きをお願いいたします。受諾された時点で、ライセンスは${customer}様へ移転されます。ライセンスは${until}まで確保されています。不要になった場合は、申請を取り消すことができます。`,
    }),
    drawdownRejected: ({ customer, orderId }) => ({
      subject: 'ライセンス払い出し申請が却下されました',
      what: `注文 ${orderId} のライセンスを${customer}様へ払い出す申請は却下されました。`,
      next: '対象のライセンスは再びご利用いただけます。申請を複製し、内容を修正のうえ、再度ご申請いただくことができます。',
    }),
    orderReady: ({ orderId }) => ({
      subject: 'ご注文の準備が整いました',
      what: `ご注文 ${orderId} のプロビジョニングが完了し、ご利用いただけるようになりました。`,
      next: 'ライセンスおよびサブスクリプションは、お客様のアカウントでご確認いただけます。',
    }),
    orderFailed: ({ orderId }) => ({
      subject: 'ご注文を完了できませんでした',
      what: `ご注文 ${orderId} のプロビジョニングを完了できませんでした。`,
      next: 'お客様のアカウントには何も追加されていません。ご不明な点がございましたら、注文番号を添えてサービス提供元までお問い合わせください。',
    }),
    paymentFailed: ({ orderId }) => ({
      subject: 'ご注文のお支払いを確認できませんでした',
      what: `ご注文 ${orderId} のお支払いを確認できなかったため、ご注文は処理されませんでした。`,
      next: '商品は提供されていません。お手数ですが、改めてご注文くださいますようお願いいたします。',
    }),
  },
  closing: (support) =>
    support === undefined
      ? '本メールは自動送信されています。ご返信いただいてもお答えできませんので、ご了承ください。'
      : `本メールは自動送信されています。お問い合わせは本メールへの返信、または ${support} までお願いいたします。`,
};
