# La brecha de las tareas: inicio, mapa, tabla, lugares, métodos.

gap-home-title = La brecha de las tareas
gap-home-eyebrow = La brecha de las tareas
gap-sentence = Alrededor de { $count } de { $students } { $of } ({ $share }, entre { $low } y { $high }) { $means }.
gap-sentence-share = El { $share } de los { $of } (entre { $low } y { $high }) { $means }.
gap-short = { $share } (entre { $low } y { $high })
gap-means-m1 = no tienen servicio de Internet o no tienen computadora en casa
gap-means-m2 = no tienen servicio de Internet o computadora en casa, o solo tienen el plan de datos de un teléfono
gap-means-m3 = no tienen línea de cable, fibra óptica o DSL en casa
gap-means-m4a = tienen en casa un Internet de menos de 25 Mbps de bajada o 3 Mbps de subida, o no tienen
gap-means-m4b = tienen en casa un Internet de menos de 100 Mbps de bajada o 20 Mbps de subida, o no tienen
gap-means-m5 = tienen menos de 25 Mbps de bajada o 12 Mbps de subida por cada estudiante en casa
gap-means-m6 = hacen la tarea en casa con un dispositivo compartido, con un teléfono o sin dispositivo
gap-means-m1-blind = no tienen servicio de Internet en casa
gap-means-m2-blind = no tienen servicio de Internet en casa, o solo tienen el plan de datos de un teléfono
gap-measure-m1-blind = Sin servicio de Internet (sin contar computadoras)
gap-measure-m2-blind = Sin Internet o solo datos del teléfono (sin contar computadoras)
gap-of-students = estudiantes
gap-of-children-in-households = menores de 18 años que viven en hogares
gap-of-children = menores
gap-of-households = hogares
gap-count-students = Estudiantes
gap-count-children-in-households = Menores de 18 años en hogares
gap-count-children = Menores
gap-count-households = Hogares
gap-share-of = Porcentaje de { $of }
gap-row-of = de { $of }
gap-row-partly-blind = la parte del censo no ve las computadoras
gap-note-no-roster = No hay matrícula, así que estas cifras cuentan { $of }, no estudiantes.
gap-note-share = En cada zona el porcentaje es de { $share }. Las zonas se juntan según cuántos { $count } viven en ellas, así que el total no es el porcentaje de todos los { $share }.
gap-note-blind = La tabla del censo pregunta por el servicio y no por las computadoras. No incluye los hogares con servicio y sin computadora, así que el porcentaje según la medida completa puede ser mayor.
gap-note-partly-blind = La tabla del censo pregunta por el servicio y no por las computadoras; solo las respuestas de las familias hablan de ellas. Por eso el porcentaje puede ser algo mayor.
gap-note-term = Las respuestas son las del periodo { $term } de la encuesta: { $answers } estudiantes.
gap-place-block-group = Grupo de bloques { $n }, tramo censal { $tract }, { $county }
gap-place-county = condado { $code }
gap-place-tract = Tramo censal { $tract }, { $county }
gap-made-on = Estimado el { $day }.
gap-how-made = Cómo se calcula esta cifra
gap-no-estimate = Todavía no hay ninguna estimación. Cargue la matrícula, la encuesta y los datos abiertos, y después inicie una.
gap-no-boundaries = No hay límites de estos lugares, por eso no hay mapa. La tabla de abajo tiene las mismas cifras.
gap-no-rows = No hay cifras para esta selección.
gap-no-groups = No se han publicado cifras por grupo para esta medida.
gap-no-figure = Sin cifra

gap-measure-m1 = Sin servicio de Internet o sin computadora
gap-measure-m2 = Sin Internet, sin computadora o solo datos del teléfono
gap-measure-m3 = Sin Internet por cable
gap-measure-m4a = Más lento que 25/3 Mbps
gap-measure-m4b = Más lento que 100/20 Mbps
gap-measure-m5 = Más lento que 25/12 Mbps por estudiante
gap-measure-m6 = Dispositivo compartido, teléfono o ninguno
gap-barrier-not-available = No se ofrece en esa dirección
gap-barrier-not-affordable = Cuesta demasiado
gap-barrier-not-desired = No lo quieren
gap-barrier-other = Otra razón

gap-group-all = Todos los estudiantes
gap-group-frl-yes = Con almuerzo gratuito o a precio reducido
gap-group-frl-no = Sin almuerzo gratuito o a precio reducido
gap-group-ell-yes = Aprenden inglés
gap-group-ell-no = No aprenden inglés
gap-group-iep-yes = Con un IEP
gap-group-iep-no = Sin un IEP
gap-group-elementary = Hasta 5.º grado
gap-group-middle = De 6.º a 8.º grado
gap-group-high = Desde 9.º grado
gap-group-ungraded = Sin grado indicado

gap-kind-section = Clases
gap-kind-school = Escuelas
gap-kind-attendance-zone = Zonas de asistencia
gap-kind-block-group = Grupos de manzanas
gap-kind-tract = Sectores censales
gap-kind-county = Condados
gap-kind-district = Distrito
gap-kind-state = Estado

gap-method-survey = Encuesta
gap-method-area = Censo y otros datos abiertos
gap-method-combined = Encuesta y datos abiertos
gap-method-synthetic = Previsto a partir de lugares parecidos

gap-withheld-primary = No se muestra: muy pocas personas o respuestas
gap-withheld-complementary = No se muestra: revelaría otra cifra
gap-withheld-cv = No se muestra: demasiado incierta

gap-choose-measure = Medida
gap-choose-kind = Lugares
gap-choose-group = Estudiantes
gap-show = Mostrar
gap-unknown-measure = Esa medida no existe. Elija una de la lista.
gap-unknown-kind = Esa clase de lugar no existe. Elija una de la lista.
gap-unknown-sort = La tabla no se puede ordenar así. Use los enlaces de su encabezado.

gap-map-title = { $measure }: { $kind }
gap-table-title = { $measure }: { $kind }
gap-map-see-table = La tabla tiene las mismas cifras.
gap-legend-class = { $low } a { $high }
gap-legend-uncertain = Incierta: intervalo de más de 20 puntos
gap-legend-withheld = No se muestra, para proteger a las familias o porque es demasiado incierta
gap-open-map = Abrir el mapa
gap-as-map = Mostrar como mapa
gap-as-table = Mostrar como tabla
gap-find-area = Buscar un lugar en el mapa
gap-all-areas = Todos los lugares
gap-zoom-in = Acercar
gap-zoom-out = Alejar
gap-close = Cerrar
gap-same-as-table = Las mismas cifras en una tabla
gap-csv = Descargar como CSV
gap-csv-all = Descargar todas las cifras como CSV
gap-no-shapes = No se han cargado límites de estos lugares, así que no hay formas: ni mapa ni GeoJSON de ellos.
gap-geojson = Descargar como GeoJSON
gap-pages = Páginas de la tabla

gap-column-place = Lugar
gap-column-measure = Medida
gap-column-group = Estudiantes
gap-column-barrier = Razón
gap-column-chart = Gráfico
gap-column-share = Porcentaje
gap-column-interval = Intervalo del 90%
gap-column-count = Número
gap-column-answers = Respuestas
gap-column-method = Hecha con

gap-chart-note = El punto es la estimación. La barra es su intervalo del 90%.
gap-chart-note-compared = El punto es la estimación, la barra su intervalo del 90% y la línea vertical todo el distrito.
gap-chart-note-place = El punto es la estimación, la barra su intervalo del 90% y la línea vertical todos los estudiantes de aquí.
gap-every-measure = Todas las maneras de medirla
gap-every-measure-why = “Sin Internet en casa” puede significar muchas cosas. Cada medida cuenta una de ellas.
gap-every-measure-caption = Cada medida: su porcentaje y su intervalo
gap-whole-district = Todo el distrito
gap-whole-district-link = Grupos, razones y escuelas
gap-a-school = Escuela
gap-schools = Escuelas
gap-by-group = Por grupo de estudiantes: { $measure }
gap-why = Por qué no tienen
gap-why-caption = De los estudiantes que cuenta esta medida, el porcentaje con cada razón

gap-next = Qué hacer ahora
gap-step-load-roster = Cargue la matrícula: escuelas, estudiantes y clases.
gap-step-renew-roster = Cargue una matrícula nueva: esta tiene { $days } días.
gap-step-first-estimate = Inicie la primera estimación.
gap-step-renew-estimate = Inicie una estimación nueva: llegaron datos después de la última.
gap-step-load-boundaries = Cargue los límites para poner las cifras en un mapa.
gap-step-place-addresses = { $n ->
    [one] Revise 1 dirección que no se encontró en el mapa.
   *[other] Revise { $shown } direcciones que no se encontraron en el mapa.
}
gap-step-give-addresses = { $n ->
    [one] Agregue domicilios a la matrícula o cargue coordenadas: 1 estudiante no tiene ni lo uno ni lo otro.
   *[other] Agregue domicilios a la matrícula o cargue coordenadas: { $shown } estudiantes no tienen ni lo uno ni lo otro.
}
gap-step-start-survey = Inicie la encuesta: ninguna familia ha respondido en este periodo.
gap-step-raise-response = { $schools ->
    [one] Pregunte otra vez en { $school }: solo el { $percent } de sus estudiantes tiene respuesta.
   *[other] Pregunte otra vez en { $schools } escuelas. La más baja es { $school }: solo el { $percent } de sus estudiantes tiene respuesta.
}
gap-step-gather-speeds = Reúna velocidades: todavía nada dice qué tan rápidas son las líneas en casa.

gap-column-section = Clase
gap-sections-own = Mis clases
gap-sections-of = Clases de { $school }
gap-sections-lead = Solo para quienes enseñan la clase. Por favor no comparta estas cifras: junto con otras podrían delatar a una familia.
gap-sections-audited = Queda escrito quién mira las clases.
gap-sections-none = La matrícula no nombra ninguna clase que usted enseñe. Sus clases se encuentran por el correo electrónico de su cuenta, que debe ser el mismo de la matrícula. Pregunte a quien carga la matrícula.
gap-sections-none-of-school = La matrícula no tiene clases de esta escuela.
gap-sections-without = Clases sin cifras

gap-survey-link = La encuesta por sí sola
gap-survey-title = La encuesta por sí sola
gap-survey-lead = Lo que dicen solo las respuestas de las familias, antes de añadir los datos abiertos, y cuánto confiar en ellas.
gap-survey-none = La última estimación no tenía respuestas.
gap-survey-students = Estudiantes en la matrícula
gap-survey-answered = Estudiantes con una respuesta
gap-survey-weights = Las familias que responden no son como todas las familias. Por eso cuentan más las respuestas de los grupos que respondieron menos: se ponderan hasta que suman la matrícula por escuela, grado, almuerzo, aprendizaje del inglés e IEP a la vez.
gap-survey-caption = La encuesta por sí sola, junto a la encuesta con los datos abiertos
gap-survey-note = Entre paréntesis: el intervalo del 90%.
gap-survey-alone = Encuesta por sí sola
gap-survey-combined = Con datos abiertos
gap-survey-effect = Efecto de diseño
gap-survey-effective = Valen por estas respuestas
gap-survey-effect-text = Ponderar cuesta precisión. El efecto de diseño (Kish) dice cuánto: con un efecto de diseño de 2, las respuestas valen por la mitad de respuestas sin ponderar.
gap-silent = Si quienes no respondieron son diferentes
gap-silent-text = La ponderación solo corrige lo que la matrícula sabe. Las familias sin Internet responden menos, también entre familias que se ven iguales en la matrícula. Esta tabla muestra la proporción si los estudiantes sin respuesta tienen más, o menos, probabilidad de ser contados por la medida que los estudiantes parecidos con respuesta.
gap-silent-none = Para esta medida no hay una proporción de la encuesta de la cual partir.
gap-silent-title = { $measure }: ¿y si…?
gap-silent-caption = Proporción de todos los estudiantes según lo que se supone de quienes no respondieron: { $measure }
gap-silent-if = Si los estudiantes sin respuesta tienen
gap-silent-share = Proporción de estudiantes
gap-times = { $times } veces la probabilidad
gap-tipping = La proporción sube por encima del { $line }, el extremo superior del intervalo de la encuesta con los datos abiertos, solo si los estudiantes sin respuesta tienen al menos { $times } veces la probabilidad.
gap-tipping-already = Según la encuesta misma, la proporción está por encima del { $line }, el extremo superior del intervalo de la encuesta con los datos abiertos, aunque los estudiantes sin respuesta tengan la misma probabilidad que los demás.
gap-tipping-never = La proporción queda por debajo del { $line }, el extremo superior del intervalo de la encuesta con los datos abiertos, sea lo que sea de los estudiantes sin respuesta.
gap-weights = Cómo resultaron las ponderaciones: { $trimmed } eran tan grandes que se recortaron; { $collapsed } grupos tenían muy pocas respuestas y se unieron con otros.
gap-weights-not-met = Cómo resultaron las ponderaciones: { $trimmed } eran tan grandes que se recortaron; { $collapsed } grupos tenían muy pocas respuestas y se unieron con otros. Las respuestas ponderadas no suman exactamente la matrícula.

gap-state-title = Todos los distritos
gap-state-lead = Los distritos que usted puede ver, uno por fila.
gap-state-part = La mayoría de los distritos no tiene un porcentaje que se pueda sumar aquí. En los que sí lo tienen:
gap-state-made-up = { $district } (ficticio)
gap-state-fictional = Algunos de estos distritos son ficticios: sus estudiantes, familias y escuelas los inventó un programa de computadora.
gap-state-counted = Todos los distritos cuya proporción se muestra, juntos: { $shown } de { $all }. Un distrito cuya proporción no se muestra, se muestra solo como “esto o menos” o “esto o más”, o es de otros que en la mayoría de los distritos, no está incluido.
gap-state-independent = El intervalo supone que el error de cada distrito no tiene que ver con el de los otros.
gap-state-alike = Si todos se desviaran hacia el mismo lado, estaría entre { $low } y { $high }.
gap-state-without = Distritos sin cifra
gap-chart-note-state = El punto es la estimación, la barra su intervalo del 90%, la línea vertical todos los distritos juntos.

methods-title = Cómo se calculan las cifras
methods-lead = Cada cifra es una estimación: el mejor cálculo con todo lo que se sabe, y un intervalo que dice qué tan segura es. Esta página explica qué cuenta cada una y de dónde viene.
methods-measures = Qué cuenta cada medida
methods-measures-why = Los números que se publican sobre la brecha de las tareas varían a más del triple, sobre todo porque cuentan cosas distintas. Por eso cada cifra nombra su medida.
methods-measures-caption = Las medidas
methods-code = Código
methods-counts = Cuenta a los estudiantes que
methods-source = Fuente
gap-counts-m1 = viven en un hogar sin servicio de Internet o sin computadora.
gap-counts-m2 = ya cuenta m1, o cuyo hogar tiene solo un plan de datos celulares.
gap-counts-m3 = no tienen en casa servicio de cable, fibra óptica o DSL.
gap-counts-m4a = tienen un servicio de menos de 25 Mbps de bajada o 3 Mbps de subida, la norma de la FCC de 2015 a 2024, o no tienen servicio.
gap-counts-m4b = tienen un servicio de menos de 100 Mbps de bajada o 20 Mbps de subida, la norma de la FCC desde marzo de 2024, o no tienen servicio.
gap-counts-m5 = tienen menos de 25 Mbps de bajada o 12 Mbps de subida por cada estudiante que vive allí, como aconseja CoSN, o no tienen servicio.
gap-counts-m6 = hacen la tarea fuera de la escuela con un dispositivo compartido, con un teléfono o sin dispositivo.
gap-source-m1 = Tabla B28005 de la ACS del Censo; encuesta: acceso a Internet y dispositivo.
gap-source-m2 = Tablas B28005 y B28002 de la ACS del Censo; encuesta: tipo de Internet.
gap-source-m3 = Tabla B28002 de la ACS del Censo; encuesta: tipo de Internet.
gap-source-m4a = Encuesta: velocidades que las familias midieron o dijeron, y el tipo de Internet.
gap-source-m4b = Encuesta: velocidades que las familias midieron o dijeron, y el tipo de Internet.
gap-source-m5 = Encuesta: velocidades y cuántos estudiantes las comparten.
gap-source-m6 = Encuesta: dispositivo para aprender y si se comparte.
methods-how = Cómo se hace una cifra
methods-how-areas = Para cada área pequeña, los datos abiertos dan un porcentaje y su error. Las áreas pequeñas tienen errores grandes, así que cada una se apoya en las áreas parecidas (el modelo de Fay y Herriot). Un área sin muestra recibe una predicción.
methods-how-answers = Las respuestas de las familias a la encuesta valen por lo que dicen. Las familias que respondieron representan a estudiantes parecidos que no respondieron.
methods-how-both = Las dos cosas se combinan para cada estudiante: una respuesta donde la hay; si no, una probabilidad según el área, la escuela y la matrícula.
methods-how-up = Los estudiantes se suman por clase, escuela, zona de asistencia, área y distrito. Los nombres no intervienen.
methods-interval = Qué significa el intervalo
methods-interval-text = “Entre 17% y 22%” es un intervalo del 90%: si pudiéramos repetir todo muchas veces, unos 9 de cada 10 intervalos contendrían el porcentaje verdadero. Si los intervalos de dos lugares se superponen mucho, no ponga uno por encima del otro.
methods-interval-map = En los mapas, un lugar cuyo intervalo tiene más de { $wide } puntos lleva rayas.
methods-barriers = Razones
methods-barriers-text = A las familias sin Internet se les pregunta por qué. Las razones son las de las normas Ed-Fi y CEDS: no está disponible, no se puede pagar, no se desea, otra. Los porcentajes son de los estudiantes que cuenta la medida, no de todos.
methods-withheld = Qué no se muestra
methods-withheld-text = Un número sobre unos pocos estudiantes puede revelar datos de una familia. Por eso una cifra no se muestra, en ninguna página ni archivo, cuando:
methods-withheld-primary = trata de menos de { $students } estudiantes, o se basa solo en menos de { $answers } respuestas;
methods-withheld-complementary = con ella se podría calcular otra que se retiene por esa razón, restándola de un total;
methods-withheld-cv = es demasiado incierta: su error estándar es más de { $percent } del porcentaje y su intervalo es amplio. Una cifra así se deja fuera porque llevaría a error, no porque sea secreta: donde se muestra todo lo que la rodea se puede calcular, tan incierta como es.
methods-withheld-coded = Los porcentajes muy bajos y muy altos se muestran como “esto o menos” o “esto o más”. Todos los porcentajes se redondean, y más cuando hay pocos estudiantes.
methods-limits = Qué tener en cuenta
methods-limits-answers = Las familias sin Internet responden menos. Si son distintas de las que responden en algo que la matrícula no muestra, la brecha verdadera puede ser mayor que la estimada.
methods-limits-areas = Las cifras del Censo son promedios de cinco años y de todos los niños de un área, no solo de los que van a las escuelas de este distrito.
methods-limits-availability = Los datos de la FCC dicen qué ofrece un proveedor en una dirección, no qué paga una familia ni qué llega al dispositivo.
methods-data = Los datos de la última estimación
methods-data-day = La última estimación se hizo el { $day }.
methods-data-caption = Datos que se usaron
methods-data-kind = Datos
methods-data-vintage = Fecha
methods-data-rows = Filas
methods-data-table = Tabla { $table } de la encuesta ACS del Censo
methods-data-counted = A quién cuentan las cifras, sin matrícula
methods-data-bdc-fixed = Disponibilidad de banda ancha fija según la FCC
methods-data-bdc-mobile = Cobertura móvil según la FCC
methods-data-form477 = Formulario 477 de la FCC, por manzana
methods-data-tiles = Pruebas de velocidad por cuadro
methods-data-ndt7 = Pruebas de velocidad NDT7
methods-data-area-table = Una tabla de áreas del propio distrito
methods-data-wide-table = Una tabla de áreas del propio distrito, una columna por medida
methods-data-model = Cifras de las áreas: { $measure }
methods-data-with = Predicho con { $covariates }
methods-data-no-computers = Esta tabla pregunta por el servicio y no por las computadoras, así que el porcentaje puede ser mayor
methods-covariate-of-tract = { $what } en el sector censal
methods-covariate-of-county = { $what } en el condado
methods-covariate-acs = línea { $line } de la ACS del Censo
methods-covariate-income = mediana del ingreso de los hogares
methods-covariate-speed-down = velocidad de bajada medida
methods-covariate-speed-up = velocidad de subida medida
methods-covariate-speed-latency = demora medida
methods-covariate-mobile-4g = superficie con cobertura 4G
methods-covariate-mobile-5g = superficie con cobertura 5G
methods-covariate-mobile-5g-fast = superficie con cobertura 5G de 35/3 Mbps
methods-covariate-form477-served = manzanas con un proveedor de 25/3 Mbps
methods-covariate-form477-providers = número de proveedores
methods-covariate-form477-fastest = velocidad de bajada más rápida que se ofrece
methods-covariate-wired = direcciones a las que se ofrecen { $speed } Mbps por cable
methods-covariate-fixed-wireless = direcciones a las que se ofrecen { $speed } Mbps por antena fija
methods-covariate-satellite = direcciones a las que se ofrecen { $speed } Mbps por satélite
methods-covariate-terrestrial = direcciones a las que se ofrecen { $speed } Mbps por cable o antena fija
gap-idle-lines = { $n ->
    [one] { $n } línea prestada no se usa.
   *[other] { $n } líneas prestadas no se usan.
}
gap-idle-cost = { $n ->
    [one] { $n } línea prestada no se usa. Cuesta ${ $cost } al mes.
   *[other] { $n } líneas prestadas no se usan. Cuestan ${ $cost } al mes.
}
