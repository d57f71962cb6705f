data-title = Datos
data-lead = Qué se cargó, cuándo, de quién, con qué licencia y con qué problemas.
data-none = Todavía no se ha cargado nada.
data-csv = Descargar esta tabla en CSV
data-jobs = Trabajo en marcha y una nueva estimación
data-loads = Cargas
data-what = Qué es
data-source = Fuente
data-vintage = Año o fecha
data-licence = Licencia
data-loaded = Cargado
data-rows = Filas
data-problems = Problemas
data-own = El distrito
data-own-licence = No es público
data-coverage = Lugares con datos
data-geography = Tipo de lugar
data-boundaries = Límites
data-areas = Lugares con valores
data-upload-title = Cargar datos abiertos
data-upload-lead = Primero se revisa el archivo. Si tiene problemas, usted los ve todos y no se guarda nada.
data-geography-of = Los límites, o las filas de una tabla ancha, son de
data-vintage-hint = Como lo llama quien lo publica, por ejemplo 2022 o 2025-06-30.
data-source-hint = Déjelo en blanco para archivos del Censo, la FCC y el NCES.
data-file-hint = Tal como se descargó, comprimido (.zip, .gz, .xz) o no; hasta 256 MB.
data-accept = Guardar las filas buenas aunque el archivo tenga problemas
data-upload = Revisar y guardar
data-no-file = Primero escoja un archivo.
data-kind-wrong = Escoja qué es el archivo.
data-vintage-wrong = Dé el año o la fecha de los datos, con 40 letras como máximo.
data-known = Este archivo ya se había cargado. No se cambió nada.
data-not-stored = El archivo tiene problemas. No se guardó nada.
data-readable = { $n ->
    [one] Se puede leer 1 fila. Para guardarla de todos modos, regrese, marque “Guardar las filas buenas” y envíe el archivo otra vez.
   *[other] Se pueden leer { $shown } filas. Para guardarlas de todos modos, regrese, marque “Guardar las filas buenas” y envíe el archivo otra vez.
}
data-back = Regresar a los datos
data-kind-boundaries = Límites (GeoJSON, TopoJSON, shapefile en zip)
data-kind-acs = Tabla ACS del Censo (JSON de la API o CSV)
data-kind-bdc-fixed = Disponibilidad de banda ancha fija de la FCC (CSV)
data-kind-address-points = Puntos de domicilio del distrito (CSV)
data-kind-membership = Matrícula del NCES (CSV)
data-kind-geocodes = Ubicación de las escuelas del NCES (EDGE)
data-kind-tiles = Cuadros de pruebas de velocidad (CSV)
data-kind-ndt7 = Pruebas de velocidad NDT7 (JSON o CSV)
data-kind-area-table = Otra tabla de áreas (área, medida, valor)
data-kind-roster = Matrícula
data-kind-survey = Respuestas de la encuesta
data-geography-section = Clases
data-geography-school = Escuelas
data-geography-attendance-zone = Zonas de asistencia
data-geography-block-group = Grupos de manzanas
data-geography-tract = Sectores censales
data-geography-county = Condados
data-geography-district = Distritos
data-geography-state = Estados
data-use = Para qué se usa
data-use-boundaries = El mapa, encontrar el grupo de manzanas de un hogar y qué áreas pertenecen al distrito
data-use-relationship = Qué áreas pertenecen al distrito y con qué parte de sus niños
data-use-acs = Cifras de las áreas para M1, M2 y M3, y cuántos niños viven en cada una; otras tablas ayudan a predecir
data-use-bdc-fixed = Ayuda a predecir las cifras de las áreas: la parte de los hogares a los que se ofrece servicio
data-use-bdc-mobile = Ayuda a predecir las cifras de las áreas: la parte de su terreno con 4G y 5G
data-use-form477 = Ayuda a predecir las cifras de las áreas: la parte de sus manzanas con un proveedor de 25/3 Mbps
data-use-address-points = Encontrar el grupo de manzanas del domicilio de cada estudiante
data-use-directory = Nombres de distritos y escuelas, y la revisión de escuelas en esta página
data-use-membership = La revisión de escuelas en esta página
data-use-geocodes = La revisión de escuelas en esta página
data-use-tiles = Ayuda a predecir las cifras de las áreas: las velocidades medias que se midieron allí
data-use-ndt7 = El resumen de pruebas de velocidad en esta página; las pruebas no dicen el lugar, así que ninguna cifra de la brecha las usa
data-use-area-table = Ayuda a predecir las cifras de las áreas; las líneas con nombre de la ACS cuentan como ACS, “children” como cuántos niños viven allí
data-use-roster = Quiénes son los estudiantes y dónde viven
data-use-survey = Lo que respondieron las familias
data-kind-relationship = Áreas de un distrito (archivo de relaciones del NCES, o CSV)
data-kind-bdc-mobile = Cobertura móvil de la FCC (CSV)
data-kind-form477 = Formulario 477 de la FCC, por manzana (CSV)
data-kind-directory = Directorio de distritos o escuelas del NCES (CSV)
data-belongs = Qué áreas pertenecen al distrito
data-belongs-roster = { $n ->
    [one] Lo decide la matrícula: un área cuenta en la medida en que su único estudiante vive allí.
   *[other] Lo decide la matrícula: un área cuenta en la medida en que sus { $shown } estudiantes viven allí.
}
data-belongs-parts = { $n ->
    [one] Lo decide el archivo de relaciones: 1 grupo de manzanas, sector o condado está en el distrito, entero o en parte.
   *[other] Lo decide el archivo de relaciones: { $shown } grupos de manzanas, sectores y condados están en el distrito, enteros o en parte.
}
data-belongs-parts-state = { $n ->
    [one] Cada área que se cargó cuenta para el estado. El archivo de relaciones decide si está en el único distrito que contiene.
   *[other] Cada área que se cargó cuenta para el estado. El archivo de relaciones decide en cuál de { $shown } distritos está.
}
data-belongs-boundary = Lo decide el límite del distrito: un área cuenta según la parte de su terreno que está dentro.
data-belongs-boundaries-state = { $n ->
    [one] Cada área que se cargó cuenta para el estado. El límite de 1 distrito decide si está en él.
   *[other] Cada área que se cargó cuenta para el estado. Los límites de { $shown } distritos deciden en cuál de ellos está.
}
data-belongs-nothing = Nada de lo que se cargó lo dice, así que cuenta cada área que se cargó. Si son más que el distrito, cargue un archivo de relaciones, o los límites del distrito y de sus áreas.
data-belongs-nothing-state = Cada área que se cargó cuenta para el estado. Para tener cifras de sus distritos, cargue un archivo de relaciones, o los límites de los distritos y de las áreas.
data-speeds = Pruebas de velocidad
data-speeds-download = Se midieron { $tests } descargas, con una mediana de { $median } Mbps. El { $percent }% estuvo por debajo de 25 Mbps.
data-speeds-upload = Se midieron { $tests } subidas, con una mediana de { $median } Mbps. El { $percent }% estuvo por debajo de 3 Mbps.
data-speeds-note = Cada persona decide cuándo hacer la prueba, así que esto dice poco de los hogares que no la hicieron.
data-schools = Escuelas según el NCES y según la matrícula
data-schools-lead = Una escuela que está en una sola lista, o con números de estudiantes muy distintos, puede faltar en la matrícula o tener otro número del NCES.
data-school = Escuela
data-school-state = En el directorio del NCES
data-school-open = Abierta
data-school-closed = No abierta
data-school-unlisted = No aparece
data-school-counted = Estudiantes según el NCES
data-school-enrolled = Estudiantes en la matrícula
data-locale = Tipo de lugar
data-locale-city = Ciudad
data-locale-suburb = Suburbio
data-locale-town = Pueblo
data-locale-rural = Rural
data-locale-unknown = No se sabe
data-removal = Retirar
data-remove = Retirar
data-removed = Retirada { $time } UTC
data-put-back = Restaurar
data-remove-title = ¿Retirar esta carga?
data-remove-about = { $n ->
    [one] { $kind }, { $vintage }: 1 fila, cargada { $loaded } UTC.
   *[other] { $kind }, { $vintage }: { $rows } filas, cargada { $loaded } UTC.
}
data-remove-what = Sus filas dejarán de contar y se hará una nueva estimación sin ellas. Donde una carga anterior diga algo sobre los mismos lugares, eso vuelve a contar. La carga queda en la lista y usted puede restaurarla.
data-remove-yes = Retirarla
data-remove-no = Conservarla
data-empty-cells = { $n ->
    [one] (1 celda sin valor)
   *[other] ({ $shown } celdas sin valor)
}
data-kind-wide-table = Una tabla con una columna por medida
data-use-wide-table = Como otra tabla de áreas
data-wide = Nombres en el archivo, si no son los habituales
data-wide-lead = Para límites y para tablas de áreas. Deje en blanco lo que es como siempre.
data-wide-id = Columna o propiedad con el código del lugar
data-wide-id-hint = De una tabla con una columna por medida, o de límites. En los límites se buscan los nombres habituales, como GEOID.
data-wide-name = Propiedad con el nombre del lugar
data-wide-name-hint = Solo de límites.
data-wide-columns = Columnas o medidas que se toman
data-wide-columns-hint = Una por línea: la columna del archivo (en una tabla de área, medida y valor, la medida), =, nuestro nombre. Por ejemplo: hhincE = income. Un nombre solo se queda como está. Déjelo en blanco para tomar todas las medidas; de una tabla con una columna por medida, todas las columnas que terminan en E y tienen su margen en una que termina en M.
data-wide-year = Solo filas del año
data-wide-year-hint = Para una tabla de áreas que tiene varios años en una columna year o time. Sin un año, una tabla con una columna por medida debe tener un solo año, y de otra tabla cuenta el año más reciente de cada medida.
data-year-wrong = Dé el año como número, por ejemplo 2022.
data-columns-wrong = Escriba una columna por línea, por ejemplo hhincE = income.
