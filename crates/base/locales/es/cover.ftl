# Qué operadora da servicio en la casa de un estudiante.
cover-title = Operadoras en esta casa
cover-yes = Da servicio
cover-serves = { $carrier } dice a la FCC que da servicio aquí al aire libre con { $down } Mbit/s de bajada y { $up } de subida ({ $day }). Dentro de la casa puede ser menos.
cover-not = { $carrier } no dice a la FCC que dé servicio aquí ({ $day }).
cover-unknown-providers = No se sabe qué operadora da servicio en esta casa: diga en la página de planes qué proveedor de la FCC es cada operadora.
cover-unknown-claims = No se sabe qué operadora da servicio en esta casa: no se ha cargado la cobertura móvil de la FCC.
cover-unknown-home = No se sabe qué operadora da servicio en esta casa: nadie sabe dónde está.
cover-providers = Qué proveedor es cada operadora
cover-providers-lead = Con el número de la FCC de cada operadora y la cobertura móvil de la FCC, el mostrador dice qué operadora da servicio en la casa de un estudiante. El número es el ID de proveedor en los archivos del mapa nacional de banda ancha de la FCC.
cover-provider = Número de proveedor de la FCC
