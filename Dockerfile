# The browser libraries, as package-lock.json says.
FROM node:24-slim AS browser-libraries
WORKDIR /weir
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /weir

COPY requirements/base.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/base.txt

COPY LICENSE NOTICE Procfile gunicorn.conf.py manage.py ./
COPY config config
COPY apps apps
COPY templates templates
COPY static static
COPY --from=browser-libraries /weir/node_modules/echarts/dist/echarts.min.js static/vendor/echarts.min.js
COPY --from=browser-libraries /weir/node_modules/echarts/LICENSE static/vendor/echarts.LICENSE
COPY --from=browser-libraries /weir/node_modules/echarts/NOTICE static/vendor/echarts.NOTICE
RUN SECRET_KEY=for-this-step-only python manage.py collectstatic --no-input

RUN useradd --system --no-create-home weir
USER weir
EXPOSE 8000
# The line "web" of the Procfile; the other lines run from the same image.
CMD ["sh", "-c", "exec gunicorn config.wsgi --bind 0.0.0.0:${PORT:-8000} --workers ${WEB_CONCURRENCY:-2} --access-logfile - --no-control-socket"]
