# The same commands as in the README, in two steps: install and check what npm needs, then only what runs.
FROM node:22.23.2-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
# Of better-sqlite3, what it was compiled from is not needed to run it, and release 12 is for Node 20.
RUN npm ci --omit=dev \
  && rm -rf node_modules/better-sqlite3-12 node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM node:22.23.2-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production PAYGO_DATA_DIR=/data
COPY --from=install /app/node_modules ./node_modules
COPY package.json tsconfig.json ./
COPY bin ./bin
COPY src ./src
COPY schema ./schema
COPY projections ./projections
COPY scripts/build.mjs ./scripts/
RUN node scripts/build.mjs
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=10 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.mjs"]
