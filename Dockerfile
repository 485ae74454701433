# One image for every process; the command names which: dist/apps/<api|projector|automations|cli|ledger>/main.js

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/scripts/healthcheck.js scripts/healthcheck.js
# The embedded stores live here, if they are used at all.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "scripts/healthcheck.js"]
# As the supervisor starts its children: docs/decisions/075-more-room-for-what-lives-shortly.md
ENTRYPOINT ["node", "--max-semi-space-size=32"]
# Alone: everything in one container, on embedded stores.
CMD ["dist/apps/ledger/main.js"]
