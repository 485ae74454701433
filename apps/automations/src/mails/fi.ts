import { clock, type Language } from './words.js';

export const fi: Language = {
  greeting: (name) => (name ? `Hei ${name},` : 'Hei,'),
  time: (at) => `${at.getUTCDate()}.${at.getUTCMonth() + 1}.${at.getUTCFullYear()} klo ${clock(at, '.', 1)} (UTC)`,
  line: ({ quantity, product, sku }) => `${quantity} × ${product} (${sku})`,
  labels: {
    drawdown: 'Siirtopyyntö',
    order: 'Tilaus',
    customer: 'Asiakas',
    partner: 'Kumppani',
    until: 'Varaus päättyy',
    lines: 'Tuotteet',
    reason: 'Syy',
    note: 'Huomautus',
  },
  colon: ': ',
  letters: {
    drawdownSubmitted: ({ partner, customer, orderId, until }) => ({
      subject: `Lisenssien siirtopyyntö odottaa hyväksyntääsi: ${partner}`,
      what: `${partner} pyytää lupaa siirtää tilauksen ${orderId} lisenssejä asiakkaalle ${customer}.`,
      next: `Hyväksy tai hylkää pyyntö. Lisenssit on varattu ${until} asti; jos pyyntöä ei ole siihen mennessä käsitelty, se raukeaa.`,
    }),
    drawdownApproved: ({ customer, orderId, until }) => ({
      subject: 'Lisenssien siirtopyyntösi on hyväksytty',
      what: `Pyyntösi siirtää tilauksen ${orderId} lisenssejä asiakkaalle ${customer} on hyväksytty.`,
      next: `Vahvista vielä siirto: lisenssit siirtyvät asiakkaalle, kun olet vahvistanut sen. Ne on varattu sinulle ${until} asti. Jos et enää tarvitse niitä, voit perua pyynnön.`,
    }),
    drawdownRejected: ({ customer, orderId }) => ({
      subject: 'Lisenssien siirtopyyntösi on hylätty',
      what: `Pyyntösi siirtää tilauksen ${orderId} lisenssejä asiakkaalle ${customer} on hylätty.`,
      next: 'Lisenssit ovat jälleen käytettävissäsi. Voit kopioida pyynnön, muokata sitä ja lähettää sen uudelleen.',
    }),
    orderReady: ({ orderId }) => ({
      subject: 'Tilauksesi on valmis',
      what: `Tilauksesi ${orderId} on toimitettu, ja tuotteesi ovat käyttövalmiita.`,
      next: 'Löydät lisenssisi ja jatkuvat tilauksesi tililtäsi.',
    }),
    orderFailed: ({ orderId }) => ({
      subject: 'Tilaustasi ei voitu toimittaa',
      what: `Tilaustasi ${orderId} ei voitu toimittaa.`,
      next: 'Tilillesi ei ole lisätty mitään. Jos sinulla on kysyttävää, ota yhteyttä palveluntarjoajaasi ja mainitse tilausnumero.',
    }),
    paymentFailed: ({ orderId }) => ({
      subject: 'Tilauksesi maksu epäonnistui',
      what: `Tilauksesi ${orderId} maksua ei vahvistettu, joten tilausta ei toteutettu.`,
      next: 'Mitään ei ole toimitettu. Voit tehdä tilauksen uudelleen.',
    }),
  },
  closing: (support) =>
    support === undefined
      ? 'Tämä on automaattinen viesti. Älä vastaa siihen.'
      : `Tämä on automaattinen viesti. Jos tarvitset apua, vastaa siihen tai kirjoita osoitteeseen ${support}.`,
};
