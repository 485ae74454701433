import { clock, type Language } from './words.js';

const months = ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre'];

// Before a colon stands a no-break space, before a semicolon a narrow one (U+202F).
export const fr: Language = {
  greeting: (name) => (name ? `Bonjour ${name},` : 'Bonjour,'),
  time: (at) => {
    const day = at.getUTCDate() === 1 ? '1er' : at.getUTCDate();
    return `${day} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()} à ${clock(at, '\u00a0h\u00a0', 1)} (UTC)`;
  },
  line: ({ quantity, product, sku }) => `${quantity} × ${product} (${sku})`,
  labels: {
    drawdown: 'Demande de prélèvement',
    order: 'Commande',
    customer: 'Client',
    partner: 'Partenaire',
    until: 'Réservation jusqu’au',
    lines: 'Produits',
    reason: 'Motif',
    note: 'Remarque',
  },
  colon: '\u00a0: ',
  letters: {
    drawdownSubmitted: ({ partner, customer, orderId, until }) => ({
      subject: `Demande de prélèvement de ${partner} en attente de votre approbation`,
      what: `${partner} demande à transférer des licences de la commande ${orderId} à ${customer}.`,
      next: `Veuillez approuver ou rejeter cette demande. Les licences sont réservées jusqu’au ${until}\u202f; sans décision de votre part d’ici là, la demande expirera.`,
    }),
    drawdownApproved: ({ customer, orderId, until }) => ({
      subject: 'Votre demande de prélèvement a été approuvée',
      what: `Votre demande de transfert de licences de la commande ${orderId} à ${customer} a été approuvée.`,
      next: `Il vous reste à l’accepter\u00a0: les licences seront alors transférées au client. Elles vous sont réservées jusqu’au ${until}. Si vous n’en avez plus besoin, vous pouvez annuler la demande.`,
    }),
    drawdownRejected: ({ customer, orderId }) => ({
      subject: 'Votre demande de prélèvement a été rejetée',
      what: `Votre demande de transfert de licences de la commande ${orderId} à ${customer} a été rejetée.`,
      next: 'Les licences sont de nouveau disponibles. Vous pouvez cloner la demande, la modifier et la soumettre à nouveau.',
    }),
    orderReady: ({ orderId }) => ({
      subject: 'Votre commande est prête',
      what: `Votre commande ${orderId} a été exécutée\u00a0: vos produits sont prêts à être utilisés.`,
      next: 'Vous retrouverez vos licences et vos abonnements dans votre compte.',
    }),
    orderFailed: ({ orderId }) => ({
      subject: 'Votre commande n’a pas pu être exécutée',
      what: `Votre commande ${orderId} n’a malheureusement pas pu être exécutée.`,
      next: 'Rien n’a été ajouté à votre compte. Pour toute question, veuillez contacter votre fournisseur en indiquant le numéro de la commande.',
    }),
    paymentFailed: ({ orderId }) => ({
      subject: 'Le paiement de votre commande a échoué',
      what: `Le paiement de votre commande ${orderId} n’a pas été confirmé\u202f; la commande n’a donc pas été exécutée.`,
      next: 'Aucun produit n’a été mis à disposition. Vous pouvez passer une nouvelle commande.',
    }),
  },
  closing: (support) =>
    support === undefined
      ? 'Ce message a été envoyé automatiquement\u202f; merci de ne pas y répondre.'
      : `Ce message a été envoyé automatiquement. Pour toute question, répondez-y ou contactez-nous par courrier électronique\u00a0: ${support}`,
};
