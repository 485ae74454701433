/**
 * The story that the documents' examples tell: a partner of i-PRO buys licenses of its four products and gives some to a customer.
 * The same ids stand for the same things in every example.
 */
export const story = {
  partnerId: '3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01',
  customerId: '9c2b7a64-0d35-4f18-8e21-6b7c8d9e0f02',
  userId: '1a2b3c4d-5e6f-4708-9a1b-2c3d4e5f6071',
  purchaseId: '5f1c7a90-3b2e-5c41-a7d8-9e0f1a2b3c04',
  assignmentId: '7d2e8b15-6c4f-5d93-b1a0-2f3e4d5c6b05',
  fileId: '9f4a0d37-8e61-5fb5-93c2-4b5a6f7d8e07',
  serviceId: 'a05b1e48-9f72-50c6-a4d3-5c6b7a8e9f08',
  drawdownId: '2b6c9d47-1e83-5f0a-94c7-5d6e7f8a9b07',
  subscriptionId: 'b16c2f59-a083-51d7-b5e4-6d7c8b9fa009',
  activationId: '8e3f9c26-7d50-5ea4-82b1-3a4f5e6d7c06',
  orderId: '4c9d0e3f-5a6b-5c7d-8e9f-0a1b2c3d4e08',
} as const;
